/**
 * How words look that speak to whoever reads them, instead of telling what happened. Each pattern looks at a short stretch and
 * has no nested repetition of open length, so that the work stays linear in the length of the text.
 */

/** One way of speaking to the reader: the first of them, and the others near to it. */
export type Pattern = RegExp[];
const one = (...every: RegExp[]): Pattern => every;

/** What only our own reader is called. */
const READER = String.raw`(?:assistants?|responders?|aegis ?ops|chat ?gpt|copilot|gemini|claude|llms?|a\.?i\.?(?: (?:agent|model|assistant|on-?call|sre|bot))?|language models?|on-?call (?:ai|bot|agent|assistant|model|engineer)|automation|auto-?remediat\w+|diagnos(?:er|tician)|bot)`;
/** Actions as our format writes them: in capitals. */
const ACTION = String.raw`(?:RESTART(?! IDENTITY| WITH)|ROLLBACK(?! TO SAVEPOINT| PREPARED| WORK| TRAN)|SCALE[_ -]?UP|NOOP|NO-OP)(?!\w)`;
/** The same in anybody's words. */
const REPAIR = String.raw`(?:restart\w*|re-?boot\w*|roll(?:ing|ed)?[ _-]?back|scale[ds]?[ _-]?(?:it[ _-])?up|scaling[ _-]up|noop|do nothing|no action|remediat\w+|fail[ _-]?over)`;
/** What an order would have set aside. Nothing that programs ignore in the course of their work. */
const OUR_RULES = `(?:instructions?|prompts?|guidelines|directions|directives|orders given|safeguards?|guard ?rails|evidence|system (?:rules|message)|training)`;
const SIGNS = `(?:metrics?|alerts?|alarms?|signals?|checks?|rules|polic(?:y|ies)|guards?|readings?|charts?|numbers|symptoms|logs?|telemetry|pre-?conditions?|approvals?|limits|cool-?downs?|everything)`;
const SET_ASIDE = `(?:ignore|disregard|forget|override|overrule|bypass|neglect|dismiss|set aside|pay no attention to|stop following|do not (?:follow|obey|trust|believe|use|cite|look at|read))`;
const EARLIER = `(?:(?:all|any|every|each|the|your|my|our|of|these|those|previous|prior|above|earlier|preceding|other|existing|former|initial|original|system|foregoing|everything|safety|developer|that|as|old) ?)`;
/** Not as a part of what a program says of itself ("configured to ignore all alerts"). */
const BARE = String.raw`(?<!\b(?:to|will|shall|could|can|may|might|cannot|not|n't|did|does|and|or|we|they|it) )`;
/** "choose action ROLLBACK", "run a RESTART now" */
const DO = `(?:run|execute|choose|select|pick|perform|trigger|issue|take|answer|reply|respond|output|return|recommend|emit|prefer|approve|initiate|invoke|call|propose|decide|go for|go with|opt for|switch to|start|apply|use|do|conclude|force|order)`;
/** The same at the beginning of a sentence. */
const DO_FIRST = DO.replace(/(?<=[:|])[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`);
const GAP = String.raw`(?:(?:with|the|a|an|action|only|just|always|now|immediately|this|that|is|to|as|on|for|by|of|exactly|json|value|word)?[\s:="'\x60*_,-]{1,3}){0,5}`;

/** Orders to whoever reads. On folded text; what has capitals matters only to the patterns without `i`. */
export const ORDERS: Pattern[] = [
  one(new RegExp(String.raw`\b${SET_ASIDE} ${EARLIER}{0,6}${OUR_RULES}\b`, 'i')),
  one(
    new RegExp(
      String.raw`${BARE}\b${SET_ASIDE} ${EARLIER}{1,6}${SIGNS}\b(?! (?:from|with|whose|that|matching|in|for|older|below)\b)`,
      'i',
    ),
  ),
  one(
    new RegExp(
      String.raw`\b${SET_ASIDE} (?:everything|all|anything|what|whatever) (?:that )?(?:is |was |were |you |has )*(?:above|before|said|told|read|so far|previous|earlier|written|been)`,
      'i',
    ),
  ),
  one(
    new RegExp(
      String.raw`(?<!\b(?:to|cannot|not|will|could|would|did|can|n't|of) )\b(?:${DO_FIRST}|${DO.toUpperCase()})\b${GAP}${ACTION}`,
    ),
  ),
  one(
    new RegExp(
      String.raw`\b(?:must|MUST|should|SHOULD|shall|SHALL|ha(?:s|ve) to|needs? to)\b(?: (?:now|NOW|at once|immediately|be|a|the))? ${ACTION}`,
    ),
  ),
  one(
    new RegExp(
      String.raw`\b[Yy](?:ou|OU) (?:now )?(?:must|MUST|should|SHOULD|shall|SHALL|need to|have to|are to|ought to|will|WILL)\b.{0,60}\b${ACTION}`,
    ),
  ),
  one(
    new RegExp(
      String.raw`\b(?:recommended|correct|right|required|best|proper|suggested|necessary|final|expected|mandatory|only (?:safe|valid|possible|correct|right)) (?:next )?(?:action|answer|response|fix|remedy|remediation|decision|step|mitigation|diagnosis|cure)s?\b.{0,24}\b${REPAIR}`,
      'i',
    ),
  ),
  one(
    new RegExp(
      String.raw`${BARE}\b(?:act|behave|pretend|speak|operate|respond|answer) (?:as|like|to be) (?:if |though )?(?:you (?:are|were) |an? |the |my )*(?:\w+ )?(?:admin\w*|operator|root|on-?call|engineer|approver|${READER}|system|developer|human|expert|dan|manager|sre|owner|not bound|free)\b`,
      'i',
    ),
  ),
  one(
    new RegExp(
      String.raw`\byou(?: are|'re) (?:now |no longer |actually |really )+(?:an? |the |in |bound |acting )*(?:\w+ )?(?:admin\w*|operator|approver|${READER}|developer mode|unrestricted|jailbroken|dan|free|bound|restricted|limited by|on-?call)\b`,
      'i',
    ),
  ),
  one(
    new RegExp(
      String.raw`(?:@|\b(?:dear|hey|hi|hello|attention|note (?:to|for)|message (?:to|for)|instructions? (?:to|for)|memo to|notice to|order to|to|for)[ :,]{1,2})(?:the |any |all |our |whichever |every )?${READER}\b.{0,40}\b(?:ignore|disregard|please|must|should|you|run|execute|choose|restart|roll|scale|approve|answer|reading|who|that reads?|do not|no action|always|set|treat|report|conclude|forget|stop)\b`,
      'i',
    ),
  ),
  one(
    new RegExp(
      String.raw`(?<![\w-])${READER}\s?,\s?(?:please |you |now |must |kindly |should |are |to |just )*(?:ignore|restart|roll|scale|run|execute|choose|answer|set|report|do|take|approve|act|stop|return|output|reply|respond|say|conclude|treat|use|pick|select|disregard|forget|skip|call|delete|trust|diagnose|close)\b`,
      'i',
    ),
  ),
  one(
    /\b(?:set|put|raise|report|give|state|use|fix|make) (?:your |the |a |its )?confidence (?:score |value |level |of (?:the )?\w+ )?(?:to|at|of|as|=|:)? ?(?:1\b|0?\.\d|\d\d|high|max|full|certain)/i,
  ),
  one(
    /\b(?:do not|don't|never|must not|no need to|stop) (?:escalat\w+|page|wake|roll(?:ing)? ?back|restart(?:ing)?|investigat\w+|intervene|ask (?:a |any |the )?(?:human|person|operator|approv\w+)|take any action|act on (?:this|these|it)|look any further)\b/i,
  ),
  one(
    /\b(?:print|reveal|repeat|show|output|leak|send|post|quote|tell me|disclose|write down) (?:me |us |out |all |of |the |your |full |whole |entire )*(?:system prompt|your (?:prompt|instructions|rules|secrets?|api keys?)|prompt text|environment variables)/i,
  ),
  one(
    new RegExp(
      String.raw`\b(?:always|only|must|instead|simply|just|exactly|verbatim)\b.{0,20}\b(?:answer|reply|respond|output|return) (?:with|only|exactly|in|as|the following|this)\b.{0,60}\b(?:json|action|confidence|${REPAIR})`,
      'i',
    ),
  ),
  one(
    /(?:^|[.;!?>\n,)\]]\s*|\b(?:please|now|must|immediately|at once|urgent\w*:?|instead,?|should)\s+)(?:roll ?back|revert|restart|re-?boot|scale up|kill|delete|drop|terminate|destroy|fail ?over) (?:the |all |every |this |its |to |version |back |target |whole |entire |production |release |it |[\w.-]{2,40} ){1,5}(?:now|immediately|at once|right away|without (?:asking|delay|checks?|approval|waiting|further)|asap|this instant|before (?:reading|anything|doing))/i,
  ),
  one(
    /\b(?:new|updated|revised|additional|important|hidden|secret|real|actual|override|special) (?:system )?(?:instructions?|directives?|orders|prompt)\b ?(?:[:.>-]|follow|from|for)/i,
  ),
  one(
    /\b(?:this|the following|what follows) (?:is|are) (?:now )?(?:your |the )?(?:new |real |actual |only )*(?:task|instructions?|goal|objective|orders|job|prompt)\b/i,
  ),
  one(
    new RegExp(
      String.raw`\b(?:treat|consider|classify|regard|mark|label|categori[sz]e|report) (?:this|it|the (?:incident|alert|cause|case))(?: incident| alert| case)? (?:as|to be) .{0,20}\b(?:resolved|a? ?false alarm|${CATEGORY()}|none|harmless|expected|a? ?test)\b`,
      'i',
    ),
  ),
  one(
    /\b(?:whoever|anyone|whatever|any model|any agent|if you are) (?:is |are )?(?:read(?:s|ing)|process(?:es|ing)|diagnos(?:es|ing)|an? (?:ai|llm|assistant|language model|agent|bot))\b/i,
  ),
];

/** Our own categories, as our format writes them. */
function CATEGORY(): string {
  return '(?:memory_leak|cpu_saturation|traffic_surge|bad_release|config_error|crash_loop|process_down|db_contention|dependency_failure|resource_exhaustion)';
}
const ACTION_IS = new RegExp(
  String.raw`\b(?:action|decision|verdict|remedy|remediation)["']?\s{0,3}[:=]\s{0,3}["'\x60*]{0,2}${ACTION}`,
);
const SIGNAL = String.raw`(?:memory|cpu|error_ratio|error ratio|latency|burn|logs?\b|container|changes?\b|deploy|alert|signal|request_rate|health|reading|metric|\w+_utilization|version|database|runbook|dependency|up\b)`;

/** Our own format, imitated. */
export const FORMAT: Pattern[] = [
  one(ACTION_IS),
  one(
    /\b(?:root_?cause|rootCause|justification|citations)["']?\s{0,3}[:=]/,
    /\b(?:action|confidence|citations|category|justification)["']?\s{0,3}[:=]/,
  ),
  one(new RegExp(String.raw`\bcategory["']?\s{0,3}[:=]\s{0,3}["']?${CATEGORY()}\b`, 'i')),
  one(
    /\b(?:cit(?:e|ing|ation|ations|es)|evidence|citations["'])["']?\s{0,3}[:=]?\s{0,3}\[?\s?["'(]?E\d{1,3}\b/i,
  ),
  one(/\[\s?["']E\d{1,3}["']\s?[,\]]/),
  one(
    new RegExp(
      String.raw`(?:^|[\n>|(\[{"'*-]\s?)E\d{1,3}(?:\]|["')\]]?\s?(?:[:=(-]|\s-))\s?["'(]?(?:\w+ of )?(?:\w+ ){0,2}${SIGNAL}`,
      'i',
    ),
  ),
  one(
    new RegExp(
      String.raw`(?:^|[.;!?>\n"'*#)\]-]\s?)\s?(?:final )?(?:diagnosis|verdict|guards?|root cause|conclusion|authority)\s?[:=]\s?.{0,80}?(?:\b${ACTION}|\b${CATEGORY()}\b|\bconfidence\b|\ballow(?:ed|s)?\b|\bpass(?:ed|es)?\b|\bapproved\b|\b[Rr]oll(?:ed)? ?back\b|\brestart\b)`,
      'm',
    ),
  ),
  one(/\ball guards? (?:have |has |were |are )?(?:pass|agree|allow|satisf|approv|clear|disabled)/i),
  one(
    /\bguards? (?:is |are |were |have been |has been |now )+(?:disabled|suspended|off|bypassed|waived|lifted)\b/i,
  ),
];

/** Fences and roles, opened or closed. */
export const FENCES: Pattern[] = [
  one(/`{3}|(?:^|\n)~{3}/),
  one(
    /<\|[\w ]{2,30}\|?>|<\|?(?:im_start|im_end|endoftext|eot_id|start_header_id)\|?>|<(?:start|end)_of_turn>|\[\/?INST\]|<<\/?SYS>>/i,
  ),
  one(
    /<\/?(?:evidence|untrusted\w*|instructions?|prompt|assistant|system[_-](?:prompt|message)|tool_?(?:call|result|use)s?|log_?lines|log_?data|incident_?data|data_?block|thinking|user_?(?:input|message|prompt))(?:\s[^<>]{0,60})?>/i,
  ),
  one(
    /(?:^|[\s"'(])#{1,4}\s?(?:system|instructions?|response|assistant|human|user|answer|new task|end of \w+)\b/i,
  ),
  one(
    /(?<![-=*#~_])[-=*#~_]{3,}\s?(?:end|begin|stop|close)\s(?:of\s)?(?:the\s)?(?:untrusted\s)?(?:evidence|logs?|log lines|data|untrusted|input|context|prompt|instructions?|incident|fence|quote|system)\b/i,
  ),
  one(
    /\b(?:end|close) of (?:the )?(?:evidence|untrusted (?:data|text|input)|log data|quoted? (?:logs?|data|text)|prompt|fenced? (?:data|text)|data block)\b/i,
  ),
  one(
    /(?:^|\n|\\n|[.!>]\s)\s{0,2}(?:assistant|human|developer)\s?:\s{0,2}(?:i|i'll|sure|ok|okay|yes|understood|certainly|done|we|you|let me|please|based on|root|action|answer|run|restart|roll|choose|ignore|approve\w*|the (?:root|answer|cause|correct|right|best|only|action))\b/i,
  ),
  one(
    /(?:(?:^|\n|\\n|[.!>]\s)\s{0,2}(?:system|user)\s?:|<(?:system|user)>)\s{0,2}(?:you|ignore|override|new|assistant|disregard|approved|from now|your|do not|always|never|choose|forget|the (?:assistant|responder|model)|respond|answer|please)\b/i,
  ),
  // What closes our lines and goes on in another's voice.
  one(
    /<\/(?:logs?|data|context|input|output|document|message)>\s{0,3}(?:system|user|assistant|human|developer)\b/i,
  ),
  one(
    /"?role"?\s?[:=]\s?"?(?:system|assistant|developer)"?\s?,\s?"?(?:content|text|parts|message)"?\s?[:=]/i,
  ),
];

const PERSON = String.raw`(?:the |our |your |my |an? )?(?:head of |senior |chief |lead |duty )?(?:on-?call|sre|ops|operations|operator|admin\w*|cto|ceo|cio|vp|management|manager|security|platform|incident (?:commander|manager)|change (?:board|advisory|management|manager)|cab|team|director|human|owner|person|support|vendor|openai|google|anthropic|you|me|us|everybody|engineer\w*|root|commander)`;
/** What an approval would be for. */
const GO = new RegExp(
  String.raw`\b(?:${REPAIR}|proceed|go ahead|without (?:asking|further|checks?|delay|approval|confirmation)|no further|skip|override|guards?|auto-?(?:approv|remediat)\w*|${READER}|any action|all actions|execute|at once|immediately)\b`,
  'i',
);
const STAND_DOWN = `(?:ignore|disregard|do nothing|take no action|no action (?:is )?(?:needed|required|necessary)|(?:do not|don't|never) (?:page|alert|escalate|act|restart|wake|respond|notify|intervene)|stand down|close (?:the|this) (?:incident|alert)|suppress (?:this|all|the))`;

/** Claims of approval or authority. */
export const AUTHORITY: Pattern[] = [
  one(
    new RegExp(
      String.raw`\b(?:pre-?)?(?:approved|authori[sz]ed|signed[ -]off|sanctioned|green-?lit|cleared|ordered|requested|confirmed) (?:and \w+ )?(?:by|from) ${PERSON}\b`,
      'i',
    ),
    GO,
  ),
  one(
    /\b(?:CHG|CR|RFC|INC|CHANGE|TICKET|change (?:ticket|request|order)|ticket|work order)[-\s#:]{0,2}[\w-]{0,16}\b.{0,60}\b(?:approved|authori[sz]ed|signed off)/i,
    GO,
  ),
  one(
    /\byou (?:are|have been|'re) (?:hereby |now |fully |already |pre-?|explicitly |herewith )*(?:authori[sz]ed|approved|allowed|permitted|cleared|empowered|entitled) (?:to|for)\b/i,
  ),
  one(
    /\byou have (?:my |our |full |the |all |every |root |admin )+(?:approval|permissions?|authority|consent|authori[sz]ation|rights)\b/i,
  ),
  one(/\b(?:skip|bypass|waive|omit)(?:ping|ing)? (?:the |any |all )?(?:approvals?|guards?|guard ?rails)\b/i),
  one(/\b(?:i|we)(?: \w+){0,4} (?:hereby |herewith )?(?:approve|authori[sz]e|consent to|sign off)\b/i, GO),
  one(
    /\b(?:approval|authori[sz]ation|permission|consent|sign-?off) (?:(?:has|is|was|have) )?(?:been )?(?:already |hereby |pre-?|just )*(?:granted|given|obtained|not (?:required|needed)|unnecessary|waived|on file)\b/i,
    GO,
  ),
  one(
    /\bno (?:further |additional |human |manual |other |more )*(?:approvals?|confirmations?|reviews?|authori[sz]ations?|checks?) (?:is |are )?(?:required|needed|necessary)\b/i,
    GO,
  ),
  one(new RegExp(String.raw`\bmaintenance\b.{0,80}\b${STAND_DOWN}`, 'i')),
  one(
    new RegExp(
      String.raw`\b(?:this|it|the (?:alert|incident|outage|failure)) (?:is|was) (?:only |just |merely |all |part of )*(?:an? |the )?(?:planned |scheduled |routine |load |fire |chaos )*(?:tests?|drill|simulation|exercise|false (?:alarm|positive)|rehearsal|game ?day|expected|planned|intended)\b.{0,80}\b${STAND_DOWN}`,
      'i',
    ),
  ),
  one(
    /\b(?:over-?ride|authori[sz]ation|clearance|unlock|emergency|break-?glass) (?:code|token|phrase|approved|approval|authori[sz]ation|override|password|granted)\b/i,
    GO,
  ),
  one(
    /\b(?:admin\w*|security|emergency|operator|root|guard|policy|safety) over-?ride\b.{0,3}(?:[:=!]|active|enabled|accepted|engaged|in effect)/i,
  ),
  one(
    /\b(?:per|by|on) (?:the )?(?:order|authority|instruction|direction|request)s? of (?:the )?(?:on-?call|cto|ceo|sre|management|security|incident commander|vp|head|admin\w*|operations)\b/i,
    GO,
  ),
  one(
    /\bpolic(?:y|ies) (?:has |have |is |are |was |were |been |now |temporarily )+(?:suspended|lifted|disabled|waived|relaxed|overridden)\b/i,
  ),
  one(
    /\bas (?:the |your |an? )?(?:on-?call|duty|incident|site|sre|admin\w*|head|cto|lead|system)(?: \w+){0,3},? i\b/i,
  ),
];
