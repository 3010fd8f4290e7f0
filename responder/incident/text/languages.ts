/** Orders in other languages than English. A few of them: what is missing is a limit that docs/injection.md names. */
import type { Pattern } from './speech.ts';

/** German, French, Spanish, Portuguese, Italian, Dutch, Polish, Turkish, Swedish: on folded text, so without accents. */
export const LATIN: Pattern[] = [
  [/\bignorier\w*\b.{0,40}\b(?:anweisung|regel|hinweis|vorgabe|instruktion|meldung|alarm|metrik|befehl)\w*/i],
  [/\b(?:vergiss|missachte|beachte nicht)\b.{0,40}\b(?:anweisung|regel|vorgabe|instruktion|befehl)\w*/i],
  [
    /\b(?:ignore[zr]?|oublie[zr]?|negligez?|ne tenez pas compte de)\b.{0,30}\b(?:instructions|consignes|regles|directives)\b.{0,30}\b(?:precedent|ci-dessus|anterieur|systeme|initial)\w*/i,
  ],
  [
    /\b(?:ignore[zr]?|oublie[zr]?)\s(?:toutes?\s)?(?:les|vos|tes|ces)\s(?:instructions|consignes|regles|alertes|metriques)/i,
  ],
  [
    /\b(?:ignor[ae]n?|olvid[ae]n?|omita|desestim[ae])\b.{0,20}\b(?:instrucciones|reglas|ordenes|indicaciones|alertas|metricas)\b/i,
  ],
  [/\b(?:ignor[ae]|esquec[ae]|desconsider[ae])\b.{0,20}\b(?:instrucoes|regras|ordens|orientacoes)\b/i],
  [/\b(?:ignor[aio]|dimentic[ah]i?|trascura)\b.{0,20}\b(?:istruzioni|regole|direttive)\b/i],
  [/\b(?:negeer|vergeet)\b.{0,30}\b(?:instructies?|regels|opdrachten|aanwijzingen)\b/i],
  [/\b(?:zignoruj|ignoruj|pomin|zapomnij)\b.{0,30}\b(?:instrukcj|polecen|zasad|wskazow)\w*/i],
  [/\b(?:talimat|kural|komut)lar\w*.{0,20}\b(?:yok say|unut|gormezden|dikkate alma)/i],
  [/\b(?:ignorera|glom|bortse fran)\b.{0,30}\b(?:instruktion|regler|anvisning)\w*/i],
  // A verb of doing beside an action in the capitals of our format.
  [
    /\b(?:fuhre|fuehre|wahle|waehle|starte|antworte|ejecut[ae]|elij[ae]|elige|respond[ae]|realiz[ae]|executez|choisi[rs]\w*|effectuez?|lancez?|repond\w*|esegu[ia]|scegli|escolh[ae]|voer|kies|wykonaj|wybierz|calistir|valj|debes?|devez|debe|musst|mussen|deve|musisz)\b.{0,40}\b(?:RESTART|ROLLBACK|SCALE[_ ]UP|NOOP)\b/i,
    /\b(?:RESTART|ROLLBACK|SCALE[_ ]UP|NOOP)\b/,
  ],
  [/\b(?:genehmigt|freigegeben) (?:von|durch)\b.{0,40}\b(?:restart|neustart|rollback|zuruck\w*|sofort)\b/i],
  [/\b(?:approuve|autorise) par\b.{0,40}\b(?:redemarr\w*|rollback|immediat\w*|restart)\b/i],
  [/\b(?:aprobado|autorizado) por\b.{0,40}\b(?:reinici\w*|rollback|inmediat\w*|restart)\b/i],
];

/** Russian, Ukrainian, Chinese, Japanese, Korean, Arabic, Hindi: on text whose script was left as it is. */
export const OTHER_SCRIPTS: Pattern[] = [
  [
    /(?:игнорируй|проигнорируй|забудь|не обращай|ігноруй|проігноруй)[а-яіїє]*.{0,40}(?:инструкци|указани|правил|команд|метрик|інструкці|вказівк)/iu,
  ],
  [
    /(?:выполни|выбери|запусти|ответь|виконай|обери)[а-яіїє]*.{0,30}(?:откат|перезапуск|RESTART|ROLLBACK|SCALE_UP|відкат)/iu,
  ],
  [/(?:忽略|無視|无视|忘记|忘掉|不要理会).{0,16}(?:指令|说明|說明|指示|提示|规则|規則|命令|告警|指标)/u],
  [
    /(?:执行|執行|选择|選擇|立即|必须|必須|请|請).{0,8}(?:回滚|回滾|重启|重啟|扩容|擴容|RESTART|ROLLBACK|SCALE_UP)/u,
  ],
  [/(?:指示|命令|ルール|プロンプト).{0,8}(?:無視|忘れ)/u],
  [
    /(?:実行|選択|再起動|ロールバック|RESTART|ROLLBACK|SCALE_UP).{0,8}(?:してください|しなさい|せよ|すること)/u,
  ],
  [/(?:지시|명령|규칙|지침).{0,12}(?:무시|잊)/u],
  [/(?:롤백|재시작|RESTART|ROLLBACK).{0,10}(?:하세요|하십시오|해라|실행하)/u],
  [/(?:تجاهل|انس).{0,30}(?:التعليمات|الأوامر|القواعد)/u],
  [/(?:निर्देश|नियम).{0,30}(?:अनदेखा|नज़रअंदाज़|भूल)/u],
];
