// Draws each table of the page as a chart: days as a line, everything else as bars.
"use strict";
const tables = JSON.parse(document.getElementById("chart-data").textContent);
const most = 12;
for (const place of document.querySelectorAll("[data-chart]")) {
  const title = place.dataset.chart;
  const isLine = title === "按日";
  const rows = isLine ? tables[title] : tables[title].slice(0, most);
  const chart = echarts.init(place, null, { renderer: "svg" });
  chart.setOption({
    animation: false,
    color: ["#1456B8"],
    tooltip: { trigger: "axis", renderMode: "richText" },
    grid: { left: 8, right: 16, top: 16, bottom: 8, containLabel: true },
    xAxis: { type: "category", data: rows.map((row) => row[0] || "未注明") },
    yAxis: { type: "value", minInterval: 1 },
    series: [{ type: isLine ? "line" : "bar", data: rows.map((row) => row[1]) }],
  });
  window.addEventListener("resize", () => chart.resize());
}
