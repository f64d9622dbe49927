// Times and sizes as people read them, by the server's clock and zone.

let format = inZone("Asia/Shanghai");
let ahead = 0;

/** The server's clock counts: a browser's may be wrong, and a demonstration's stands elsewhere. */
export function setClock(nowThere, zoneThere) {
  ahead = new Date(nowThere) - Date.now();
  format = inZone(zoneThere);
}

// making one costs more than a hundred uses, and every message of a long chat is looked at
function inZone(zone) {
  return new Intl.DateTimeFormat("zh-CN", {
    timeZone: zone, year: "numeric", month: "numeric", day: "numeric", weekday: "long",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
}

export function now() {
  return new Date(Date.now() + ahead);
}

function parts(moment) {
  return Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
}

/** Changes when the day does. */
export function dayKey(moment) {
  const { year, month, day } = parts(moment);
  return `${year}-${month}-${day}`;
}

/** 今天, 昨天, 11月20日 星期五, with the year unless it is this one. */
export function dayWords(moment) {
  const key = dayKey(moment);
  if (key === dayKey(now())) {
    return "今天";
  }
  if (key === dayKey(new Date(now().getTime() - 86_400_000))) {
    return "昨天";
  }
  const { year, month, day, weekday } = parts(moment);
  const thisYear = parts(now()).year === year;
  return `${thisYear ? "" : `${year}年`}${month}月${day}日 ${weekday}`;
}

/** 14:05 */
export function clockWords(moment) {
  const { hour, minute } = parts(moment);
  return `${hour}:${minute}`;
}

/** 340 KB, 2.5 MB */
export function sizeWords(bytes) {
  if (bytes < 1024 * 1024) {
    return `${Math.max(1, Math.round(bytes / 1024))} KB`;
  }
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** The ending of a name in capitals, at most five of them: what a file's badge says. */
export function badge(name) {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "文件" : name.slice(dot + 1, dot + 6).toUpperCase();
}
