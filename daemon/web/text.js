"use strict";
// What the page says, in the languages of node.language; a browser's own where none is set. Sounds come with their names.
const LANGUAGES = ["en", "de", "fr", "es", "zh"];
const TEXT = {
  live: ["Live", "Live", "En direct", "En vivo", "实时"],
  history: ["History", "Verlauf", "Historique", "Historial", "历史"],
  tune: ["Tune", "Abstimmen", "Régler", "Ajustar", "调节"],
  views: ["Views", "Ansichten", "Vues", "Vistas", "视图"],
  connecting: ["connecting", "verbindet", "connexion", "conectando", "连接中"],
  again: ["no connection, trying again", "keine Verbindung, neuer Versuch", "pas de connexion, nouvel essai", "sin conexión, reintentando", "无连接,正在重试"],
  waiting: ["Waiting for earshot …", "Warten auf earshot …", "En attente d'earshot …", "Esperando a earshot …", "正在等待 earshot …"],
  waitsound: ["Waiting for sound …", "Warten auf Ton …", "En attente de son …", "Esperando sonido …", "正在等待声音 …"],
  heard: ["What was heard", "Was zu hören war", "Ce qui a été entendu", "Lo que se oyó", "听到的声音"],
  when: ["When", "Wann", "Quand", "Cuándo", "时间"],
  where: ["Where", "Wo", "Où", "Dónde", "地点"],
  what: ["What", "Was", "Quoi", "Qué", "声音"],
  score: ["Score", "Wert", "Score", "Valor", "分数"],
  lasted: ["Lasted", "Dauer", "Durée", "Duración", "时长"],
  why: ["Why", "Warum", "Pourquoi", "Por qué", "原因"],
  nothing: ["Nothing yet. What is watched for appears here as soon as it is heard.", "Noch nichts. Worauf geachtet wird, steht hier, sobald es zu hören ist.", "Rien encore. Les sons surveillés apparaissent ici dès qu'ils sont entendus.", "Nada aún. Lo vigilado aparece aquí en cuanto se oye.", "暂无。监听的声音一出现就会显示在这里。"],
  likely: ["Most likely now", "Jetzt am ehesten", "Le plus probable", "Lo más probable ahora", "当前最可能"],
  watched: ["Watched for", "Beachtet", "Surveillé", "Vigilado", "监听中"],
  listening: ["listening", "hört zu", "à l'écoute", "escuchando", "监听中"],
  ago10: ["10 s ago", "vor 10 s", "il y a 10 s", "hace 10 s", "10 秒前"],
  now: ["now", "jetzt", "maintenant", "ahora", "现在"],
  level: ["Level", "Pegel", "Niveau", "Nivel", "电平"],
  latency: ["latency", "Verzögerung", "latence", "latencia", "延迟"],
  nosound: ["Sound is not shown to the network without a password", "Ton wird dem Netz ohne Passwort nicht gezeigt", "Le son n'est pas montré au réseau sans mot de passe", "El sonido no se muestra a la red sin contraseña", "未设密码时不向网络显示声音"],
  on: ["heard now", "jetzt zu hören", "entendu maintenant", "se oye ahora", "正在响"],
  muted: ["muted", "stumm", "en sourdine", "silenciado", "已静音"],
  threshold: ["threshold", "Schwelle", "seuil", "umbral", "阈值"],
  above: ["above the threshold of", "über der Schwelle von", "au-dessus du seuil de", "por encima del umbral de", "高于阈值"],
  began: ["Switched on at", "Eingeschaltet bei", "Déclenché à", "Se activó con", "触发分数"],
  strongest: ["strongest", "am stärksten", "au plus fort", "máximo", "最高"],
  next: ["Next likely", "Danach am ehesten", "Ensuite", "Después", "其次"],
  opinions: ["The two networks", "Die beiden Netze", "Les deux réseaux", "Las dos redes", "两个网络"],
  cut: ["earshot ended before the sound did", "earshot endete vor dem Geräusch", "earshot s'est arrêté avant le son", "earshot terminó antes que el sonido", "earshot 在声音结束前停止"],
  still: ["still on", "noch an", "en cours", "aún activo", "仍在响"],
  clip: ["Listen", "Anhören", "Écouter", "Escuchar", "收听"],
  spectrogram: ["Spectrogram", "Spektrogramm", "Spectrogramme", "Espectrograma", "频谱图"],
  onset: ["onset", "Beginn", "début", "inicio", "起点"],
  noclip: ["its clip is not there (any more)", "sein Ausschnitt ist nicht (mehr) da", "son extrait n'est pas (ou plus) là", "su fragmento no está (o ya no)", "片段不存在或已删除"],
  judge: ["Was that right?", "War das richtig?", "Était-ce juste ?", "¿Era correcto?", "判断正确吗?"],
  right: ["right", "richtig", "juste", "correcto", "正确"],
  wrong: ["wrong", "falsch", "faux", "incorrecto", "错误"],
  itwas: ["it was", "es war", "c'était", "era", "实际是"],
  itis: ["Correct", "Berichtigen", "Corriger", "Corregir", "更正"],
  said: ["written down", "notiert", "noté", "anotado", "已记录"],
  saidnoclip: ["written down; without a clip it teaches nothing", "notiert; ohne Ausschnitt lehrt es nichts", "noté ; sans extrait, cela n'apprend rien", "anotado; sin fragmento no enseña nada", "已记录;没有片段则无法用于学习"],
  unsaid: ["taken back", "zurückgenommen", "retiré", "retirado", "已撤回"],
  mutehead: ["Notifications", "Meldungen", "Notifications", "Avisos", "通知"],
  mute: ["Mute this sound here", "Dieses Geräusch hier stummschalten", "Couper ce son ici", "Silenciar este sonido aquí", "在此静音该声音"],
  unmute: ["Unmute this sound here", "Dieses Geräusch hier wieder melden", "Rétablir ce son ici", "Reactivar este sonido aquí", "取消该声音的静音"],
  sound: ["Sound", "Geräusch", "Son", "Sonido", "声音"],
  all: ["All sounds", "Alle Geräusche", "Tous les sons", "Todos los sonidos", "所有声音"],
  everywhere: ["Everywhere", "Überall", "Partout", "En todas partes", "所有地点"],
  span: ["Time", "Zeit", "Période", "Periodo", "时段"],
  days: ["days", "Tage", "jours", "días", "天"],
  search: ["Search", "Suche", "Recherche", "Buscar", "搜索"],
  export: ["Export as CSV", "Als CSV ausgeben", "Exporter en CSV", "Exportar como CSV", "导出 CSV"],
  hours: ["Events by day and hour", "Ereignisse nach Tag und Stunde", "Événements par jour et heure", "Sucesos por día y hora", "按日期和小时统计"],
  counts: ["How often", "Wie oft", "Combien de fois", "Cuántas veces", "次数"],
  more: ["Show more", "Mehr zeigen", "Afficher plus", "Mostrar más", "显示更多"],
  none: ["Nothing was heard then.", "Da war nichts zu hören.", "Rien n'a été entendu alors.", "No se oyó nada entonces.", "该时段没有声音。"],
  off: ["There is no history: it is switched off, or nothing was heard yet.", "Kein Verlauf: er ist ausgeschaltet, oder es war noch nichts zu hören.", "Pas d'historique : il est désactivé, ou rien n'a encore été entendu.", "No hay historial: está desactivado o aún no se ha oído nada.", "没有历史记录:未启用或尚未听到声音。"],
  perday: ["Events a day, by threshold", "Ereignisse am Tag, nach Schwelle", "Événements par jour, selon le seuil", "Sucesos al día, según el umbral", "每日事件数与阈值"],
  tunehint: ["From the scores of the last days: what each threshold would have come to. A run with it tells the same.", "Aus den Werten der letzten Tage: was jede Schwelle ergeben hätte. Ein Lauf damit meldet dasselbe.", "D'après les scores des derniers jours : ce que chaque seuil aurait donné. Une exécution avec lui donne la même chose.", "Según los valores de los últimos días: lo que habría dado cada umbral. Una ejecución con él da lo mismo.", "根据最近几天的分数:每个阈值会产生的结果,实际运行结果相同。"],
  setnow: ["set now", "jetzt gesetzt", "réglé actuellement", "fijado ahora", "当前设置"],
  aday: ["a day", "am Tag", "par jour", "al día", "每天"],
  ontime: ["on in all", "an insgesamt", "actif au total", "activo en total", "总时长"],
  minon: ["must last, s", "muss dauern, s", "doit durer, s", "debe durar, s", "最短持续, 秒"],
  hold: ["stays on, s", "bleibt an, s", "reste actif, s", "sigue activo, s", "保持, 秒"],
  cooldown: ["pause after, s", "Pause danach, s", "pause après, s", "pausa después, s", "冷却, 秒"],
  write: ["For the configuration, under watch.labels:", "Für die Konfiguration, unter watch.labels:", "Pour la configuration, sous watch.labels :", "Para la configuración, en watch.labels:", "写入配置的 watch.labels:"],
  unwatched: ["This sound is not watched; once it is, the second network is asked too and it is heard less often than shown.", "Auf dieses Geräusch wird nicht geachtet; sonst würde auch das zweite Netz gefragt, und es käme seltener als gezeigt.", "Ce son n'est pas surveillé ; s'il l'était, le second réseau serait consulté et il serait moins fréquent.", "Este sonido no se vigila; si se vigilara, se preguntaría también a la segunda red y sería menos frecuente.", "未监听此声音;若监听,还会询问第二个网络,次数会更少。"],
  noscores: ["No scores of that time are kept.", "Aus dieser Zeit sind keine Werte da.", "Aucun score de cette période n'est conservé.", "No se guardan valores de ese periodo.", "没有该时段的分数。"],
  working: ["working …", "rechnet …", "calcul …", "calculando …", "计算中 …"],
  ofsound: ["hours of sound", "Stunden Ton", "heures de son", "horas de sonido", "小时录音"],
  table: ["As a table", "Als Tabelle", "En tableau", "Como tabla", "表格"],
  apply: ["Apply", "Anwenden", "Appliquer", "Aplicar", "应用"],
  undo: ["Undo the last", "Letztes zurücknehmen", "Annuler le dernier", "Deshacer el último", "撤销上一次"],
  applied: ["applied", "angewandt", "appliqué", "aplicado", "已应用"],
};
// Every text from outside goes through textContent: a label cannot become markup.
function el(tag, name, text) {
  const e = document.createElement(tag);
  if (name) e.className = name;
  if (text !== undefined) e.textContent = text;
  return e;
}
const $ = id => document.getElementById(id);

let language = 0;
const locale = () => LANGUAGES[language];
const t = key => TEXT[key][language];
const told = []; // who writes anew when the language changes
function setLanguage(code) {
  const wished = LANGUAGES.indexOf(code || navigator.language.slice(0, 2));
  const now = wished < 0 ? 0 : wished;
  if (now === language && document.documentElement.lang === LANGUAGES[now]) return;
  language = now;
  document.documentElement.lang = LANGUAGES[now];
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
  for (const e of document.querySelectorAll("[data-label]")) e.setAttribute("aria-label", t(e.dataset.label));
  for (const f of told) f();
}
