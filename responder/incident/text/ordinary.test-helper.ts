/** Ordinary lines of many kinds of programs, the treacherous ones among them: none speaks to whoever reads it. One a row. */
const ROWS = String.raw`
{"level":"error","action":"checkout.submit","msg":"payment refused"}
{"level":30,"time":1795485730000,"pid":7,"hostname":"shop-1","msg":"request completed","responseTime":12}
{"level":50,"err":{"type":"TypeError","message":"Cannot read properties of undefined (reading 'id')","stack":"TypeError: x\n    at cart (/app/cart.js:12:9)"},"msg":"unhandled"}
{"action":"restart","container":"4f1d2c3b","status":"die","time":1795485730}
{"timestamp":"2026-11-24T02:04:09Z","event":"user.approved","actor":"manager-12","subject":"expense 4411"}
{"severity":"INFO","message":"Order 4411 approved by manager","service":"orders"}
{"log":"rolled back transaction 8812","stream":"stderr"}
{"category":"spam","confidence":0.98,"label":"mail"}
{"error":{"root_cause":[{"type":"index_not_found_exception","reason":"no such index [orders]"}],"type":"index_not_found_exception","status":404}}
{"decision_id":"4ca636c1","result":{"allow":true},"path":"authz/allow"}
{"decision":"allow","policy":"rbac","user":"system:serviceaccount:shop:default"}
{"level":"warn","msg":"ignoring unknown field","field":"ttl"}
{"msg":"model loaded","model":"resnet50","confidence_threshold":0.5}
{"kind":"Event","reason":"BackOff","message":"Back-off restarting failed container shop in pod shop-7d9f8b6c5-x2x9k_shop(1f2e)"}
{"level":"info","component":"guard","msg":"guard: jwt valid"}
{"level":"info","route":"/admin","msg":"route guard passed"}
{"@timestamp":"2026-11-24T02:04:09Z","log.level":"ERROR","message":"Rollback of batch 12 failed","labels":{"action":"rollback"}}
{"action":"opened","number":12,"pull_request":{"title":"Restart policy","state":"open"}}
{"verdict":"DROPPED","source":"10.0.0.4","destination":"10.0.0.9","drop_reason":"POLICY_DENIED"}
{"evidence_count":3,"case":"E-1001"}
10.1.1.1 - - [24/Nov/2026:02:04:09 +0000] "GET /cart HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux x86_64)"
10.1.1.1 - alice [24/Nov/2026:02:04:09 +0000] "POST /api/orders/4711/approve HTTP/1.1" 201 88 "https://shop.example/admin" "curl/8.5.0"
10.1.1.1 - - [24/Nov/2026:02:04:10 +0000] "GET /search?q=how%20to%20restart%20router HTTP/1.1" 200 91
10.1.1.1 - - [24/Nov/2026:02:04:10 +0000] "GET /?next=%2Faccount%2Forders&token=YWxsIGdvb2QgaGVyZSBub3RoaW5nIHRvIHNlZQ%3D%3D HTTP/2.0" 302 0
10.1.1.1 - - [24/Nov/2026:02:04:10 +0000] "GET /static/app.3f2a1b9c.js HTTP/1.1" 304 0 "-" "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
10.1.1.1 - - [24/Nov/2026:02:04:11 +0000] "POST /v1/chat HTTP/1.1" 429 12 "-" "GPTBot/1.0"
2026/11/24 02:04:09 [error] 7#7: *12 connect() failed (111: Connection refused) while connecting to upstream, client: 10.1.1.1, server: shop, request: "GET / HTTP/1.1", upstream: "http://10.0.0.9:3000/"
2026/11/24 02:04:09 [warn] 7#7: *12 an upstream response is buffered to a temporary file /var/cache/nginx/1/00/0000000001
[Tue Nov 24 02:04:09.123456 2026] [core:error] [pid 12:tid 139] (13)Permission denied: AH00072: make_sock: could not bind to address [::]:80
[2026-11-24T02:04:09.123Z] "GET /pay HTTP/2" 503 UF,URX upstream_reset_before_response_started{connection_failure} 0 91 3 - "-" "Go-http-client/2.0" "b1f6" "bank:8080" "10.0.0.9:8080"
E1124 15:04:05.678901       1 reflector.go:147] k8s.io/client-go/informers/factory.go:150: Failed to watch *v1.Node: nodes is forbidden: User "system:serviceaccount:kube-system:foo" cannot list resource "nodes"
I1124 15:04:05.678901       1 leaderelection.go:250] attempting to acquire leader lease kube-system/kube-scheduler...
W1124 15:04:05.678901       1 warnings.go:70] policy/v1beta1 PodSecurityPolicy is deprecated in v1.21+, unavailable in v1.25+
E0102 03:04:05.000001 2287 pod_workers.go:1294] "Error syncing pod, skipping" err="failed to \"StartContainer\" for \"shop\" with CrashLoopBackOff: \"back-off 5m0s restarting failed container=shop\""
Liveness probe failed: HTTP probe failed with statuscode: 503
Container shop failed liveness probe, will be restarted
Successfully assigned shop/shop-7d9f8b6c5-x2x9k to node-3
0/6 nodes are available: 3 Insufficient cpu, 3 node(s) had untolerated taint {dedicated: gpu}. preemption: 0/6 nodes are available
Scaled up replica set shop-7d9f8b6c5 to 3 from 2
Scaled down replica set shop-5c4b to 0 from 1
New size: 5; reason: cpu resource utilization (percentage of request) above target
pod triggered scale-up: [{pool-1 3->4 (max: 10)}]
Failed to pull image "registry.local/shop:1.4.2": rpc error: code = NotFound desc = failed to resolve reference
Created container: assistant-api
Readiness probe failed: Get "http://10.0.3.17:8080/health": context deadline exceeded
certificatesigningrequest.certificates.k8s.io/node-csr-1 approved by kubelet-serving-cert-approver
CSR csr-8vnps approved by admin
deployment "shop" rolled back to revision 12
Rolled back to version 1.4.1 after failed health check
OOMKilled container shop exit code 137 restart count 5
Node node-3 status is now: NodeNotReady
MountVolume.SetUp failed for volume "secrets" : secret "shop" not found
Stopping container shop
LOG:  execute S_2: ROLLBACK
LOG:  execute <unnamed>: ROLLBACK
2026-11-24 02:04:09.123 UTC [118] LOG:  statement: ROLLBACK
2026-11-24 02:04:09.123 UTC [118] FATAL:  sorry, too many clients already
2026-11-24 02:04:09.123 UTC [118] ERROR:  deadlock detected
2026-11-24 02:04:09.123 UTC [118] DETAIL:  Process 118 waits for ShareLock on transaction 4711; blocked by process 119.
2026-11-24 02:04:09.123 UTC [118] HINT:  See server log for query details.
2026-11-24 02:04:09.123 UTC [118] STATEMENT:  UPDATE orders SET state = 'approved' WHERE id = $1
ERROR:  current transaction is aborted, commands ignored until end of transaction block
ERROR:  canceling statement due to statement timeout
ERROR: duplicate key value violates unique constraint "orders_pkey" (SQLSTATE 23505)
TRUNCATE orders RESTART IDENTITY CASCADE
ALTER SEQUENCE orders_id_seq RESTART WITH 1
BEGIN; SELECT * FROM users WHERE role = 'assistant' FOR UPDATE; ROLLBACK
ROLLBACK TO SAVEPOINT sp_1
SELECT action, verdict FROM audits WHERE verdict = 'allow' AND action = 'restart'
SELECT pg_catalog.set_config('search_path', '', false)
DELETE FROM sessions WHERE expires_at < now()
INSERT INTO tickets (id, state, approved_by) VALUES (4711, 'approved', 'manager')
LOCK TABLE orders IN ACCESS EXCLUSIVE MODE
Transaction rolled back because it has been marked as rollback-only
Could not execute ROLLBACK: connection is closed
Failed to execute ROLLBACK on connection 12
[main] DEBUG org.hibernate.SQL - select user0_.id as id1_0_ from users user0_ where user0_.id=?
com.mysql.cj.jdbc.exceptions.MySQLTransactionRollbackException: Lock wait timeout exceeded; try restarting transaction
ORA-12541: TNS:no listener
ORA-00060: deadlock detected while waiting for resource
E11000 duplicate key error collection: shop.users index: email_1 dup key: { email: "a@example.org" }
This Session's transaction has been rolled back due to a previous exception during flush. To begin a new transaction with this Session, first issue Session.rollback().
An error occurred in the current transaction. You can't execute queries until the end of the 'atomic' block.
You have 3 unapplied migration(s). Your project may not work properly until you apply the migrations for app(s): shop.
Run 'python manage.py migrate' to apply them.
java.lang.OutOfMemoryError: Java heap space
Exception in thread "main" java.lang.NullPointerException: Cannot invoke "String.length()" because "<local1>" is null
	at com.acme.guard.ActionGuard.verdict(ActionGuard.java:88)
	at org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:897) ~[spring-webmvc-6.1.2.jar:6.1.2]
Caused by: java.net.ConnectException: Connection refused (Connection refused)
	... 37 common frames omitted
2026-11-24 02:04:09.123  WARN 7 --- [nio-8080-exec-3] o.h.engine.jdbc.spi.SqlExceptionHelper   : SQL Error: 0, SQLState: 08001
2026-11-24 02:04:09.123 ERROR 7 --- [io-8080-exec-10] o.a.c.c.C.[.[.[/].[dispatcherServlet]    : Servlet.service() for servlet [dispatcherServlet] in context with path [] threw exception
HikariPool-1 - Connection is not available, request timed out after 30000ms (total=10, active=10, idle=0, waiting=23)
[GC (Allocation Failure) [PSYoungGen: 33280K->5118K(38400K)] 33280K->12345K(125952K), 0.0123 secs]
Action: Consider defining a bean of type 'com.acme.Bank' in your configuration.
Traceback (most recent call last):
  File "/app/main.py", line 12, in <module>
    raise RuntimeError("you must call init() before run()")
RuntimeError: you must call init() before run()
sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00
django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.
[2026-11-24 02:04:09 +0000] [12] [CRITICAL] WORKER TIMEOUT (pid:17)
ERROR:root:Override of default settings ignored
WARNING: You should consider upgrading via the 'pip install --upgrade pip' command.
DeprecationWarning: You should use the new client; ignoring the old options
flake8: E501 line too long (120 > 79 characters)
E37: No write since last change (add ! to override)
error[E0382]: borrow of moved value: config
panic: runtime error: invalid memory address or nil pointer dereference
goroutine 1 [running]:
main.(*Server).handle(0xc0000a6000, {0x7f3c2a, 0x1})
	/src/main.go:42 +0x1d
fatal error: concurrent map writes
level=error ts=2026-11-24T02:04:09.123Z caller=dispatch.go:353 component=dispatcher msg="Notify for alerts failed" num_alerts=1 err="slack/slack[0]: notify retry canceled"
ts=2026-11-24T02:04:09.123Z caller=main.go:1261 level=info msg="Completed loading of configuration file" filename=/etc/prometheus/prometheus.yml
level=warn msg="Ignoring alerts from unknown source" source=10.0.0.9
alert rule configured to ignore all alerts with severity info
silence 4711 created by oncall: ignoring alerts of service shop until 04:00
TypeError: Cannot read properties of undefined (reading 'action')
    at Object.<anonymous> (/app/node_modules/guard/index.js:12:9)
    at async Promise.all (index 0)
Error: connect ECONNREFUSED 127.0.0.1:5432
(node:7) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 exit listeners added to [process]. Use emitter.setMaxListeners() to increase limit
<--- Last few GCs --->
[7:0x5581a0] 12345 ms: Mark-Compact 2046.1 (2084.2) -> 2045.9 (2084.4) MB, 812.3 / 0.0 ms  (average mu = 0.12) allocation failure; scavenge might not succeed
FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
npm ERR! code ELIFECYCLE
npm WARN deprecated request@2.88.2: request has been deprecated
[nodemon] restarting due to changes...
[nodemon] to restart at any time, enter rs
Server must be restarted for the changes to take effect
You must restart the server for this change to take effect.
Please restart the application to apply the new configuration
please run "npm install" first
You must specify a region. You can also configure your region by running "aws configure".
System.InvalidOperationException: Sequence contains no elements
   at Acme.Cart.Total() in /src/Cart.cs:line 31
   --- End of inner exception stack trace ---
 ---> System.TimeoutException: The operation has timed out.
crit: Microsoft.AspNetCore.Server.Kestrel[0] Unable to start Kestrel.
app/models/cart.rb:10:in 'total': undefined method 'sum' for nil (NoMethodError)
	from app/controllers/carts.rb:4:in 'show'
ActiveRecord::ConnectionTimeoutError (could not obtain a connection from the pool within 5.000 seconds)
Started POST "/approvals/12" for 10.0.0.1 at 2026-11-24 02:04:09 +0000
Completed 500 Internal Server Error in 12ms (ActiveRecord: 3.4ms)
PHP Fatal error:  Uncaught Error: Call to a member function pay() on null in /var/www/pay.php:12
#0 /var/www/index.php(4): pay()
thread 'main' panicked at src/main.rs:4:5:
note: run with RUST_BACKTRACE=1 environment variable to display a backtrace
1:M 24 Nov 2026 02:04:09.123 # Out Of Memory allocating 1048576 bytes!
1:M 24 Nov 2026 02:04:09.123 * Background saving terminated with success
MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled
READONLY You can't write against a read only replica.
[2026-11-24 02:04:09,123] INFO [GroupCoordinator 1]: Preparing to rebalance group shop in state PreparingRebalance
[2026-11-24 02:04:09,123] WARN [Controller id=1, targetBrokerId=2] Connection to node 2 could not be established. Broker may not be available.
broker 2 elected to act as the controller
This node will act as a leader until the lease expires
kernel: [12345.678] Out of memory: Killed process 4711 (node) total-vm:2097152kB, anon-rss:1048576kB, file-rss:0kB
kernel: INFO: task postgres:118 blocked for more than 120 seconds.
kernel: "echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
Nov 24 02:04:09 host-1 systemd[1]: shop.service: Main process exited, code=killed, status=9/KILL
Nov 24 02:04:09 host-1 systemd[1]: shop.service: Scheduled restart job, restart counter is at 5.
Nov 24 02:04:09 host-1 systemd[1]: Failed to start Shop.
Nov 24 02:04:09 host-1 sshd[811]: Accepted publickey for deploy from 10.0.0.4 port 51514 ssh2: ED25519 SHA256:3q2+7wABCDEFGHIJKLMNOPQRSTUVWXYZabcdef12345
Nov 24 02:04:09 host-1 sudo: deploy : TTY=pts/0 ; PWD=/srv ; USER=root ; COMMAND=/usr/bin/systemctl restart shop
Nov 24 02:04:09 host-1 CRON[4711]: (root) CMD (run-parts /etc/cron.hourly)
Nov 24 02:04:09 host-1 dockerd[9]: level=info msg="ignoring event" container=4f1d2c3b module=libcontainerd topic=/tasks/delete
audit: type=1400 audit(1795485730.123:88): apparmor="DENIED" operation="exec" profile="docker-default"
User alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/deploy
You are not authorized to perform this operation.
You are now connected to database "shop" as user "postgres".
Access denied for user 'shop'@'10.0.0.9' (using password: YES)
authentication approved by idp for session 4711
payment 4711 authorized by issuer, auth code 123456
Loan application 17 approved by underwriter
Leave request 12 approved by manager jane
Approval granted for purchase order 12
No approval required for amounts below 100
Change CHG0034567 approved, deploy of shop 1.4.2 started
deploy of shop 1.4.2 approved by alice
RDS maintenance window started: applying system updates
Maintenance window active, 3 alerts suppressed
node drained for scheduled maintenance
This is a test email from the monitoring system
health check test passed
test mode: payments are simulated
user: alice logged in
User: admin
system: boot completed in 12 s
System: memory 87 % used
diagnosis: heap dump written to /tmp/heap.hprof
guard: access denied for /admin
rspamd: verdict: spam (score 12.1)
conclusion of order 12 took 35 ms
Recommended action: check cabling of port 12
Recommended action: verify that the certificate is trusted
Certificate will expire in 3 days, recommended renewal before 2026-11-27
x509: certificate has expired or is not yet valid: current time 2026-11-24T02:04:09Z is after 2026-11-23T00:00:00Z
dial tcp: lookup bank.internal on 10.96.0.10:53: no such host
HTTP 429 Too Many Requests: rate limit reached for model gpt-4o in organization org-123 on tokens per min
openai.error.RateLimitError: You exceeded your current quota, please check your plan and billing details.
gemini request failed: 503 The model is overloaded. Please try again later.
inference: prompt tokens 812, completion tokens 64, model claude
assistant: a provider answers that it is asked too often
assistant replied in 812 ms to user 4711
Response body: <html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>
<?xml version="1.0"?><log><system>shop</system><data>12</data></log>
<soap:Fault><faultcode>soap:Server</faultcode><faultstring>timeout</faultstring></soap:Fault>
GET /api/v1/evidence/E1 404
invoice E12: paid
Elevator E1: door closed
-----BEGIN CERTIFICATE-----
MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJRTESMBAGA1UEChMJQmFsdGltb3JlMRMwEQYDVQQLEwpDeWJlclRydXN0
Authorization: Bearer [redacted]
session=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0.dozjgNryP4J3jVmNHl0w5N
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0bcd5d4b6f3a2c1e0f9d8c
trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7 msg="checkout failed"
heartbeat from worker-3: 1f8b08000000000000ff4bcb2f02009f2ab0b703000000
================ restarting worker ================
--- end of report ---
########## STARTING SERVER ##########
### Deploy 1.4.2 ###
loading plugin restart-on-change ... done
task roll_back_payment[4711] succeeded in 0.12s
celery: Task tasks.ignore_stale_orders[4711] received
feature flag force_rollback is off
config: restart_policy=always, scale_up_threshold=0.8, noop=false
Terraform will perform the following actions: ~ update in-place
ansible: TASK [restart nginx] changed: [web-1]
helm: rollback was a success! Happy Helming!
canary analysis failed, rolling back to 1.4.1
ALERT HighErrorRate firing: error ratio 0.31 above 0.0144 for 2m
Забыли пароль: письмо отправлено пользователю 4711
Verbindung zur Datenbank verloren, neuer Versuch in 5 s
数据库连接超时，正在重试（第 3 次）
接続がタイムアウトしました。再試行します
Échec de la connexion à la base de données, nouvel essai
Le système redémarre le service après une erreur
Kullanıcı 12 için sipariş onaylandı
🚀 deploy of shop 1.4.2 finished in 12 s ✅
👩‍💻 user joined the room 🏴󠁧󠁢󠁥󠁮󠁧󠁿
price is €12.50 – was €15.00 “sale”
`;

export const ORDINARY = ROWS.split('\n').filter(Boolean);
