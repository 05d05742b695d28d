// Draws each table of the page as a chart: days as a line, everything else as lying bars.
// A figure with an address leads to the rows that it counts.
"use strict";
const tables = JSON.parse(document.getElementById("chart-data").textContent);
const most = 12;
const rowHeight = 34;
const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const quiet = { axisLabel: { color: tone("--ink-2") }, axisLine: { lineStyle: { color: tone("--line") } } };
const split = { splitLine: { lineStyle: { color: tone("--line") } } };
const yuan = (value) => `¥${value.toLocaleString("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
for (const place of document.querySelectorAll("[data-chart]")) {
  const { line, money, rows: all } = tables[place.dataset.chart];
  const rows = line ? all : all.slice(0, most);
  const written = (value) => (money ? yuan(value) : value.toLocaleString("zh-CN"));
  // A few bars in a high box would be beams.
  if (!line) place.style.height = `${rows.length * rowHeight + 40}px`;
  const chart = echarts.init(place, null, { renderer: "svg" });
  const names = { type: "category", data: rows.map((row) => row[0] || "未注明"), ...quiet };
  const counts = { type: "value", minInterval: money ? 0 : 1, ...quiet, ...split };
  chart.setOption({
    animation: false,
    color: [tone("--azure") || "#1456B8"],
    textStyle: { fontFamily: "inherit" },
    tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: written },
    grid: { left: 8, right: line ? 36 : money ? 96 : 48, top: 16, bottom: 8, containLabel: true },
    xAxis: line ? names : { ...counts, show: false },
    yAxis: line ? counts : { ...names, inverse: true },
    series: [{
      type: line ? "line" : "bar",
      data: rows.map((row) => row[1]),
      barMaxWidth: 18,
      cursor: rows.some((row) => row[2]) ? "pointer" : "default",
      label: { show: !line, position: "right", color: tone("--ink-2"), formatter: (at) => written(at.value) },
    }],
  });
  chart.on("click", (at) => {
    const address = rows[at.dataIndex][2];
    if (address) location.assign(address);
  });
  window.addEventListener("resize", () => chart.resize());
}
