/* Every visible text whose contrast with what lies behind it is under 4.5 to 1. */
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (value) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = value;
    canvas.fillRect(0, 0, 1, 1);
    const d = canvas.getImageData(0, 0, 1, 1).data;
    return [d[0], d[1], d[2], d[3] / 255];
  };
  const over = (a, b) => [0, 1, 2].map((i) => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
  const part = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = (p) => 0.2126 * part(p[0]) + 0.7152 * part(p[1]) + 0.0722 * part(p[2]);
  const above = (node) => {
    const all = [];
    for (let n = node; n; n = n.parentElement) all.push(n);
    return all;
  };
  const layer = (node) => {
    const style = getComputedStyle(node);
    const first = /rgba?\([^)]*\)|color\([^)]*\)/.exec(style.backgroundImage);
    return rgba(first ? first[0] : style.backgroundColor);
  };
  const behind = (node) => above(node).reverse().reduce((under, n) => over(layer(n), under), [255, 255, 255, 1]);
  const bad = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    const words = walk.currentNode.data.trim();
    if (!words || !node.getClientRects().length || node.closest("script, noscript, title, option, [disabled], .skip")) continue;
    if (above(node).some((n) => getComputedStyle(n).opacity !== "1" || getComputedStyle(n).visibility === "hidden")) continue;
    const style = getComputedStyle(node);
    const back = behind(node);
    const front = over(rgba(node.closest("svg") ? style.fill : style.color), back);
    const [high, low] = [light(front), light(back)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) bad.push(`${words.slice(0, 30)} (${node.tagName} ${node.getAttribute("class")}): ${ratio.toFixed(2)}`);
  }
  return bad;
}
