// Draws each table of the page as a chart: days as a line, everything else as lying bars.
"use strict";
const tables = JSON.parse(document.getElementById("chart-data").textContent);
const most = 12;
const rowHeight = 34;
const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const quiet = { axisLabel: { color: tone("--ink-2") }, axisLine: { lineStyle: { color: tone("--line") } } };
const split = { splitLine: { lineStyle: { color: tone("--line") } } };
for (const place of document.querySelectorAll("[data-chart]")) {
  const title = place.dataset.chart;
  const isLine = title === "按日";
  const rows = isLine ? tables[title] : tables[title].slice(0, most);
  // A few bars in a high box would be beams.
  if (!isLine) place.style.height = `${rows.length * rowHeight + 40}px`;
  const chart = echarts.init(place, null, { renderer: "svg" });
  const names = { type: "category", data: rows.map((row) => row[0] || "未注明"), ...quiet };
  const counts = { type: "value", minInterval: 1, ...quiet, ...split };
  chart.setOption({
    animation: false,
    color: [tone("--azure") || "#1456B8"],
    textStyle: { fontFamily: "inherit" },
    tooltip: { trigger: "axis", renderMode: "richText" },
    grid: { left: 8, right: 40, top: 16, bottom: 8, containLabel: true },
    xAxis: isLine ? names : { ...counts, show: false },
    yAxis: isLine ? counts : { ...names, inverse: true },
    series: [{
      type: isLine ? "line" : "bar",
      data: rows.map((row) => row[1]),
      barMaxWidth: 18,
      label: { show: !isLine, position: "right", color: tone("--ink-2") },
    }],
  });
  window.addEventListener("resize", () => chart.resize());
}
