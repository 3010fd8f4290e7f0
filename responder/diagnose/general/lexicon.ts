/**
 * What lines of logs speak of, whatever program wrote them. Words of the trade, not of one product: what runtimes, proxies,
 * databases, orchestrators and providers say when a thing is wrong. A line may speak of several.
 */

export type Sign =
  // In the target itself.
  | 'out-of-memory'
  | 'memory-pressure'
  | 'stuck'
  | 'busy'
  | 'pool-empty'
  | 'files-used-up'
  | 'threads-used-up'
  | 'overload'
  | 'code'
  | 'schema'
  | 'config'
  | 'crash'
  | 'stale'
  // At somebody else's, or between.
  | 'lock'
  | 'database-limit'
  | 'credentials'
  | 'rate-limit'
  | 'certificate'
  | 'quota'
  | 'disk'
  | 'dns'
  | 'network'
  | 'unreachable'
  | 'dependency-error'
  | 'slow-dependency'
  | 'scheduling'
  | 'image'
  | 'node'
  | 'clock'
  | 'replication'
  // That it is over, or nothing.
  | 'maintenance'
  | 'recovery'
  | 'retry';

/** Speak of no trouble by themselves. */
export const NO_TROUBLE: ReadonlySet<Sign> = new Set<Sign>(['recovery', 'retry', 'maintenance']);

export const LEXICON: [Sign, RegExp][] = [
  [
    'out-of-memory',
    /out ?of ?memory|\boom[- _]?kill(ed|er|ing)?\b|\boomkilled\b|outofmemory(error|exception)?|heap out of memory|java heap space|cannot allocate memory|allocation failed|memory ?error\b|memory limit (reached|exceeded)|killed process \d+|memory cgroup|insufficient memory for|gc overhead limit|exit(ed)?( with)?( code| status)?:? ?137\b/i,
  ],
  [
    'memory-pressure',
    /memory (usage|pressure|growing|grew|high|at \d)|heap (usage|grew|growing|at \d|after gc)|gc (pause|overhead|pressure|thrash|cpu)|full gc|mark-(sweep|compact)|pause (full|young).*\d+m->|worker .*(exceeded|over) memory|rss\b.*(grew|grow|above|high)|leak(ed|ing|s)?\b.*(detect|suspect|memory|object|buffer)|memory leak/i,
  ],
  [
    'stuck',
    /\b(is |are |was |be )?(hang(s|ing)|hung)\b|\bdeadlock(ed)?\b(?!.*(sqlstate|transaction|lock wait|victim|innodb|process \d+ waits))|all goroutines are asleep|soft lockup|hung task|blocked for more than|thread .*(stuck|blocked|hung)|stuck thread|watchdog (timeout|timer|detected)|event loop (is |does not |has )?(blocked|stalled|return)|no progress|not making progress|heartbeat (missed|lost) .*worker|worker timeout|not responding to (ping|probe|signal)|livelock|leader election lost|lost (the )?leadership|waiting (to lock|on monitor|for monitor)|ha(s|ve)(n't| not) (made progress|advanced|moved)|still (holds?|holding|running|in progress|busy with)\b.{0,60}\bafter \d+ ?(s|sec|seconds|m|min|minutes)\b|skipping (this |the |next )?(tick|run|execution|cycle|iteration|schedule)\b|stalled (for|since)|(liveness|readiness) probe failed.*(timeout|deadline exceeded)/i,
  ],
  [
    'busy',
    /infinite loop|catastrophic backtrack|regex.*(timeout|backtrack)|cpu (usage|pegged|saturat|spik|at \d|throttl)|busy[- ]?loop|spinning|hot loop|runaway|100 ?% cpu|cpu:? (is )?(at )?(9\d|100)(\.\d+)? ?%|pcre limit|took \d{5,} ?ms (in|of) (gc|render|sort|parse)/i,
  ],
  [
    'pool-empty',
    /(acquir|wait|get|obtain|check ?out|borrow)\w* .{0,40}connection.{0,60}(time|timed|timeout|pool|exhaust|fail)|connection (is )?not available|pool (is )?(exhaust|empty|full|timed|limit|depleted|overflow)|(exhaust|deplet)\w* .{0,30}pool|queuepool limit|pool.{0,40}(timed? ?out|timeout|exhausted|max(imum)? (size|reached))|no (free|idle|available) connections?|timeout.{0,40}(pool|acquir)|poolexhausted|too many (checked|outstanding) .*connections|connection leak|could not obtain .*connection|unable to (acquire|obtain|get) .{0,30}connection/i,
  ],
  [
    'files-used-up',
    /too many open files|\bemfile\b|\benfile\b|file descriptors? (limit|exhaust|used|leak)|out of file descriptors|no file descriptors|socket: too many|cannot assign requested address|eaddrnotavail|ephemeral ports? (exhaust|used)/i,
  ],
  [
    'threads-used-up',
    /unable to create (new )?(native )?thread|thread ?pool.{0,40}(exhaust|full|reject|saturat|queue)|rejectedexecution|no (free|idle|available) (threads?|workers?)|all (\d+ )?(threads?|workers?|slots) (are )?(busy|in use|taken)|can't start new thread|pthread_create failed|max_?children|server reached .*(maxclients|maxrequestworkers|max_children)|worker_connections are not enough|too many (threads|goroutines)|goroutines?.{0,30}(grew|leak)/i,
  ],
  [
    'overload',
    /overload(ed)?\b|load shed|shedding|server (is )?too busy|(request|accept|listen|job|task|work) queue.{0,30}(full|exceed|overflow|limit)|backlog (full|exceed)|concurrency limit|at capacity|capacity exceeded|max(imum)? (concurren|connections|clients|in-?flight)|queue (is )?full|backpressure|throttl(ing|ed) (incoming|requests|clients)|too many (concurrent|requests in flight|pending requests)|syn flood|listen overflow/i,
  ],
  [
    'schema',
    /(column|relation|table|field|view|function|index) .{0,60}(does not exist|doesn't exist|not found|unknown|missing|has no)|(no such|unknown|undefined|invalid) (column|table|field|relation)|undefined ?(column|table)|ora-009(04|42)|schema (mismatch|version|error|validation)|migration.{0,40}(fail|error|pending|missing|mismatch)|violates (not-null|check|foreign key) constraint|null value in column|avro.*(schema|incompat)|incompatible schema|(unknown|unexpected|missing|unrecognized) (required )?(field|property|enum)|deserializ\w* ?(error|exception|fail)|error (de)?serializ|unmarshal(ling)? (error|type)|cannot (deserialize|unmarshal|decode)|protobuf.*(parse|invalid|unknown)/i,
  ],
  [
    'code',
    /nullpointer|null ?reference|cannot read propert(y|ies) of|is not a function|is not defined|undefined (method|local variable|variable|is not)|undefined method|attributeerror|keyerror|typeerror|nameerror|valueerror|indexerror|index ?out ?of ?(range|bounds)|arrayindexoutofbounds|classcast|class ?not ?found|noclassdef|nosuchmethod|no such method|nosuchfield|abstractmethoderror|importerror|modulenotfound|cannot find module|no module named|assert(ion)?( ?error|ionerror| failed)|illegalstate|illegalargument|nil pointer|nil map|invalid memory address|segmentation fault|sigsegv|segfault|panic:|panicked at|unhandled (exception|rejection|error)|uncaught (exception|error|typeerror)|stack ?overflow|maximum call stack|division by zero|zerodivision|invalidcast|formatexception|syntaxerror|unexpected token|template.*(error|not found|undefined)|invalidoperationexception|arithmeticexception|symbol lookup error|undefined symbol|bad_alloc|checksum mismatch in (bundle|chunk)|chunk ?load ?error/i,
  ],
  [
    'config',
    /(missing|required|undefined|unset|empty|invalid|unknown|bad|unrecognized|unsupported|malformed|unexpected) .{0,40}(env(ironment)?( variable| var)?\b|config(uration)?\b|setting|flag\b|option|parameter|property|secret key|key in config)|env(ironment)? (variable|var) .{0,60}(not set|missing|required|unset|undefined|empty|is not)|(config(uration)?|settings?|yaml|toml|properties|\.conf|\.ya?ml|\.json|\.env) .{0,60}(invalid|error|fail|parse|syntax|missing|not found|malformed|unknown)|(fail|error|unable|could not|cannot)\w* .{0,40}(load|read|pars|validat|process|appl)\w* .{0,30}(config|settings|yaml|toml|\.conf|properties)|configmap .{0,60}not found|secret .{0,60}not found|createcontainerconfigerror|no such file or directory.*(conf|config|ya?ml|properties|env)|nginx: \[emerg\]|unknown directive|invalid value .{0,40}for|value .{0,40} (is )?out of range|must be (set|defined|provided|a (valid|positive|number|boolean))|failed to bind properties|could not resolve placeholder|bean.*could not be (created|registered)|unknown (feature )?flag|feature flag .{0,60}(not|unknown|invalid|missing)|misconfigur|illegal (config|setting)|exec format error|permission denied.*(config|entrypoint|mount)/i,
  ],
  [
    'crash',
    /crash ?loop|back-?off restarting|restarting failed container|process (exited|died|crashed|terminated)|exited (unexpectedly|with (code|status))|core dumped|fatal( error)?[:\]]|signal (9|11|6|sig)|killed by signal|main process exited|container .{0,40}(died|exited|terminated)|startup failed|(readiness|liveness|startup) probe failed|health check(s)? failed|application failed to start|failed to start\b|failed startup/i,
  ],
  [
    'stale',
    /read[- ]?only (option|transaction|mode|replica|connection|slave)|\breadonly\b|not the (leader|master|primary)|no longer (the )?(leader|master|primary|writer)|is a (replica|reader|standby|follower)\b|stale (connection|dns|endpoint|address|leader|token cache)|cached (address|endpoint|dns)|old (writer|primary|leader|endpoint|address)|leader election lost|lost (its |the )?(lease|leadership)|failed to renew lease/i,
  ],
  [
    'lock',
    /lock wait timeout|deadlock (found|detected)|deadlocked? on lock|could not (obtain|serialize|get) (lock|access)|lock timeout|waiting for .{0,30}lock|blocked by (pid|process|session|transaction)|lock (conflict|contention|not available|escalat)|canceling statement due to (lock|statement) timeout|still waiting for (share|exclusive|access)|idle in transaction|long[- ]running (transaction|query)|process \d+ waits for|row lock|table lock|metadata lock|ora-000(54|60)|accessexclusivelock|advisory lock/i,
  ],
  [
    'database-limit',
    /too many clients|remaining connection slots|max_connections|too many connections|connection limit exceeded|user .{0,40}has exceeded .*(max_user|connections)|database.{0,60}(cpu|iops|dtu|storage|io credits?).{0,30}(limit|exhaust|100|deplet|reached)|dtu|request units?|request rate is large|provisionedthroughput|ru\/s|transaction id wraparound|autovacuum.*wraparound|cpu credits?.{0,30}(exhaust|deplet|zero|0)|burst balance/i,
  ],
  [
    'certificate',
    /certificate.{0,60}(expired|not yet valid|invalid|unknown|verify|revoked|mismatch|has expired|untrusted)|cert(ificate)?_?(has_)?expired|x509|pkix path|ssl(handshake)?(exception|error|: certificate)|tls.{0,30}(handshake|alert|verif|certificate|bad)|self[- ]signed|unable to (verify|get local issuer)|sec_error|err_cert|handshake_failure|handshake fail|hostname.{0,30}(doesn't match|mismatch)|not valid before|notafter/i,
  ],
  [
    'credentials',
    /password authentication failed|access denied for user|authentication (failed|error|failure)|auth(entication)? ?fail|invalid (api[- _]?key|credentials?|token|client secret|signature|access key|username or password)|unauthori[sz]ed|(token|credentials?|api key|secret|key|signature) (has |have )?(is |are )?(expired|revoked|invalid|rotated|not valid)|expired ?token|invalidclienttoken|signaturedoesnotmatch|noauth\b|wrongpass|permission denied for|access ?denied|not authorized|forbidden|login failed for|ora-01017|pull access denied|imagepullsecret/i,
  ],
  [
    'rate-limit',
    /rate[- _]?limit|\b529\b|overloaded_?error|(model|engine) is (currently )?overloaded|too many requests|throttl(ing|ed) ?(exception|error)?|throttlingexception|requestlimitexceeded|slow ?down\b|retry[- ]after|tokens? per min|requests per (min|second|day)|tpm|\brpm limit/i,
  ],
  [
    'quota',
    /quota|insufficient_?(quota|funds|balance|credit)|credit balance|billing (hard )?(limit|account|details|issue|disabled|problem)|limit ?exceeded(exception)?|usage limit|plan limit|exceeded .{0,40}(limit|allowance|allocation)|(subscription|license|licence).{0,30}(expired|exceeded|limit)|payment required|storage limit|account.{0,30}(suspended|limit)/i,
  ],
  [
    'disk',
    /no space left|\benospc\b|disk (is )?(full|quota|usage|space|pressure)|diskpressure|out of disk|could not extend file|read-only file ?system|\berofs\b|filesystem.{0,30}(full|read-only)|low disk|volume.{0,30}(full|out of space)|i\/o error|input\/output error|\beio\b|flood[- ]stage|disk watermark|write failed.*space|insufficient (disk|storage)|ephemeral[- ]storage/i,
  ],
  [
    'dns',
    /\benotfound\b|eai_again|getaddrinfo|no such host|name resolution|could not resolve( host)?|unknown ?host(exception)?|name or service not known|nodename nor servname|servfail|nxdomain|dns.{0,40}(fail|timeout|error|timed|resol|lookup)|lookup .{0,80}(timeout|timed out|server misbehaving|no such)|host not found|coredns|failed to resolve|unresolvable/i,
  ],
  [
    'network',
    /no route to host|network (is )?(unreachable|partition|down)|ehostunreach|enetunreach|packet loss|connection reset|econnreset|broken pipe|epipe|partition(ed)? (detected|from)|split[- ]brain|lost (connection|quorum|leader)|not enough (replicas|in-sync)|notenoughreplicas|leader (not available|election)|no leader|quorum|conntrack|link (is )?down|mtu\b|bgp/i,
  ],
  [
    'unreachable',
    /econnrefused|connection refused|connect(ion)? (to .{0,80})?(failed|timed out|timeout|error|lost|closed|aborted)|could not connect|cannot connect|can't connect|unable to connect|failed to connect|no healthy upstream|upstream connect error|no live upstreams|host is down|server closed the connection|connection .{0,40}(terminated|dropped)|service unavailable|bad gateway|no (available )?(nodes?|brokers?|servers?|endpoints?|hosts?) (are )?(available|alive|found|for)|nohostavailable|no brokers|circuit ?breaker.{0,40}(open|tripped)|circuit.{0,20}open|is (down|unavailable|unreachable|not reachable)|dependency .{0,60}(down|unhealthy|fail)|the database system is (starting|shutting|in recovery)|clusterdown|loading the dataset|masterdown|failover|outage|internal ?error from|regional (issue|outage)/i,
  ],
  [
    'slow-dependency',
    /(upstream|gateway|read|request|query|statement|socket|response|call|rpc|command|operation|i\/o|lookup|operation) (request )?(has )?(timed? ?-?out|timeout)|timed out|\betimedout\b|deadline ?exceeded|context deadline|sockettimeout|readtimeout|timeoutexception|timeout (of|after|exceeded|waiting|expired|error)|gateway time-?out|slow (query|upstream|response from)|(answered|responded|replied) (in|after) (\d{4,} ?ms|([2-9]|\d{2,4})(\.\d{1,6})? ?s\b)|latency (high|spike|exceed)|response took|exceeded .{0,20}timeout/i,
  ],
  [
    'dependency-error',
    /(upstream|downstream|dependency|backend|remote|provider|partner|gateway|third[- ]party|api|service|client) .{0,60}(returned|responded|answered|replied|error|fail|status).{0,30}\b(4\d\d|5\d\d|error)|(returned|responded with|answered|received|got|status( code)?:?) (http )?(status )?5\d\d|remote (error|exception|call failed)|rpc error|grpc.{0,30}(unavailable|internal|unknown)|bad response from|invalid response from|5\d\d (from|for|internal server error)|internal server error/i,
  ],
  [
    'scheduling',
    /failedscheduling|failedcreatepodsandbox|failed to (setup network|assign an ip)|insufficientfreeaddresses|insufficient (cpu|memory|pods|nvidia|gpu|ephemeral)|\d+\/\d+ nodes (are )?available|didn't match (pod|node)|unschedulable|untolerated taint|had (untolerated )?taint|pod.{0,40}(pending|evict)|evict\w*:? .{0,60}\b(pod|node)|^evicted\b|the node (was|is) low on|preempt(ed|ion|ing)?\b|node affinity|volume node affinity|failed ?(mount|attachvolume)|multi-attach|unbound .*persistentvolumeclaim|exceeded quota.*pods|spot (instance )?(interruption|terminat|reclaim)|max pods|no capacity|insufficient ?instance ?capacity|scale[- ]?up.{0,40}(fail|not triggered)|cannot (pull|schedule)/i,
  ],
  [
    'image',
    /imagepullbackoff|errimagepull|failed to pull image|manifest (unknown|for .{0,80}not found|not found)|invalidimagename|pull access denied|image .{0,80}(not found|does not exist)|error(s)? pulling image|toomanyrequests.*pull/i,
  ],
  [
    'node',
    /node (.{0,40} )?(is )?(not ?ready|notready|unreachable|unhealthy|lost|cordoned|drained)|nodenotready|kubelet (stopped|has)|stopped posting node status|memorypressure|pidpressure|networkunavailable|kernel (panic|bug|oops)|hardware error|fallen off the bus|no cuda gpus|gpu (is )?lost|nvrm: xid|machine check|mce:|ecc|nvme.{0,40}(error|timeout|reset)|host (is )?(down|unreachable|rebooting|maintenance|degraded)|instance (retirement|status check|reachability)|system status check|\bxid\b|nvrm|fallen off the bus|no cuda|pcie (bus )?error|live migration|hypervisor|noisy neighbou?r|cpu steal|steal time/i,
  ],
  [
    'clock',
    /clock (skew|drift|is|not|jump)|time (skew|drift|jump)|\bntp\b|chrony|requesttimetooskewed|token used before issued|not yet valid|iat\b.*future|issued in the future|timestamp .{0,30}(future|too (old|far|skewed))/i,
  ],
  [
    'replication',
    /replication (lag|slot|broken|stopped|error|delay)|replica.{0,40}(lag|behind|stale|out of sync)|standby.{0,40}(lag|behind|conflict)|wal (receiver|sender)|binlog|seconds_behind|recovery conflict|oplog/i,
  ],
  [
    'maintenance',
    /maintenance (window|started|in progress|mode)|(is|was|been) (shutting down|starting up|restarting|upgrading)|(fast|smart|immediate) shutdown|upgrade (started|in progress)|failover (started|in progress|initiated)|administrator command/i,
  ],
  [
    'recovery',
    /\brecovered\b|re-?established|re-?connected|back (to normal|online|up|in service)|is healthy( again)?\b|healthy again|(status|state|health).{0,20}(-> ?|to |=|: ?)(healthy|green|ok|up|closed)\b|circuit.{0,30}clos|resolved|resumed|caught up|failover (complete|finished|done)|succeeded (after|on (attempt|retry))|retry succeeded|restored/i,
  ],
  ['retry', /retry(ing)?\b|re-?tries|attempt \d+|backing off|back-?off|re-?deliver/i],
];

const CUT = 1_000;

/** Codes of HTTP, where the line says that the number is one. */
const STATUS =
  /(?:status|http(?:\/[\d.]+)?|code|returned|respond\w*(?: with)?|answered|replied|got|received|response|error|failed with|->|")["':=\s(]{1,4}(?:code["':=\s]{1,3})?(40[123]|429|50[0234])\b|\b(40[123]|429|50[0234]) (?=unauth|payment|forbid|too many|internal|bad gate|service un|gateway time)/i;
const BY_STATUS: Record<string, Sign> = {
  401: 'credentials',
  402: 'quota',
  403: 'credentials',
  429: 'rate-limit',
  500: 'dependency-error',
  502: 'unreachable',
  503: 'unreachable',
  504: 'slow-dependency',
};

/** Every sign that a line speaks of; the beginning of a line tells. */
export function signsIn(text: string): Sign[] {
  const head = text.slice(0, CUT);
  const signs = LEXICON.filter(([, pattern]) => pattern.test(head)).map(([sign]) => sign);
  const status = STATUS.exec(head);
  const by = BY_STATUS[status?.[1] ?? status?.[2] ?? ''];
  return by && !signs.includes(by) ? [...signs, by] : signs;
}
