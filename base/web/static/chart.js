// Draws charts from the tables that stand in them (see ui.Chart). The page is
// whole without: the numbers are in the table, which stays.
"use strict";
(() => {
  if (!window.echarts) return;
  const drawn = new Map();
  const symbols = ["circle", "rect", "triangle", "diamond", "pin", "arrow"];
  const dashes = ["solid", [6, 4], [2, 3], [10, 3, 2, 3], [12, 4], [1, 2]];

  const text = (el) => (el?.dataset.x ?? el?.textContent ?? "").replace(/\s+/g, " ").trim();
  const number = (s) => (s === undefined || s === "" || Number.isNaN(Number(s)) ? null : Number(s));

  // read takes the axis and the series out of the table.
  const read = (table) => {
    const heads = [...(table.tHead?.rows[table.tHead.rows.length - 1]?.cells ?? [])].map(text);
    const rows = [...table.tBodies].flatMap((b) => [...b.rows]).filter((r) => !("skip" in r.dataset) && r.querySelector("th[scope=row]"));
    const columns = new Map();
    rows.forEach((row, at) => {
      [...row.cells].forEach((cell, i) => {
        if (!("value" in cell.dataset)) return;
        if (!columns.has(i)) columns.set(i, { name: heads[i] || "", values: Array(rows.length).fill(null) });
        columns.get(i).values[at] = number(cell.dataset.value);
      });
    });
    return {
      labels: rows.map((r) => ("x" in r.dataset ? r.dataset.x : text(r.querySelector("th[scope=row]")))),
      marks: rows.map((r) => r.dataset.mark ?? ""),
      series: [...columns.values()],
    };
  };

  const palette = (style) => {
    const v = (name, other) => style.getPropertyValue(name).trim() || other;
    return {
      text: v("--text", "#000"), soft: v("--text-2", "#444"), line: v("--line", "#ccc"), ground: v("--surface", "#fff"),
      series: [v("--accent", "#0b4f8a"), "#b35c00", "#3f7d4f", "#7a3e8c", "#6b7280", "#a4161a"],
    };
  };

  const options = (figure, data) => {
    const style = getComputedStyle(figure);
    const c = palette(style);
    const size = Math.max(11, Math.round(parseFloat(style.fontSize) * 0.85));
    const kind = figure.dataset.chart;
    const lying = kind === "bars", line = kind === "line";
    const unit = figure.dataset.unit ?? "";
    const lang = document.documentElement.lang || "vi";
    const write = (v) => (v === null || v === undefined ? "–" : Number(v).toLocaleString(lang, { maximumFractionDigits: 2 }) + unit);
    const font = { fontFamily: style.fontFamily, fontSize: size, color: c.text };
    const names = {
      type: "category", data: data.labels, inverse: lying, boundaryGap: !line,
      axisLabel: { ...font, color: c.soft, hideOverlap: !lying, ...(lying ? { width: size * 14, overflow: "truncate" } : {}) },
      axisLine: { lineStyle: { color: c.soft } }, axisTick: { show: false },
    };
    const values = {
      type: "value", scale: line && !figure.dataset.min, min: number(figure.dataset.min) ?? undefined, max: number(figure.dataset.max) ?? undefined,
      axisLabel: { ...font, color: c.soft, formatter: write }, splitLine: { lineStyle: { color: c.line } },
    };
    return {
      animation: false,
      textStyle: font,
      grid: { left: 8, right: line ? size * 3 : size * 4, top: data.series.length > 1 ? size * 2.6 : size, bottom: 8, containLabel: true },
      legend: data.series.length > 1 ? { top: 0, left: 0, textStyle: font, itemWidth: size * 2.4, inactiveColor: c.soft } : { show: false },
      // Drawn on the canvas: HTML with styles in it is what the policy forbids.
      tooltip: { trigger: "axis", renderMode: "richText", valueFormatter: write, confine: true, textStyle: { ...font, color: "#000" }, backgroundColor: "#fff", borderColor: c.soft },
      xAxis: lying ? values : names,
      yAxis: lying ? names : values,
      series: data.series.map((s, i) => ({
        name: s.name, type: line ? "line" : "bar", stack: kind === "stacked" ? "all" : undefined,
        color: c.series[i % c.series.length],
        symbol: symbols[i % symbols.length], symbolSize: size * 0.65, showAllSymbol: true, connectNulls: false,
        lineStyle: { width: 2, type: dashes[i % dashes.length] },
        barMaxWidth: size * 2,
        label: { show: "labels" in figure.dataset, position: lying ? "right" : kind === "stacked" ? "inside" : "top", ...font, formatter: (p) => (p.value ? write(p.value) : "") },
        data: s.values.map((v, at) => (data.marks[at] && v !== null
          ? { value: v, itemStyle: line ? { color: c.ground, borderColor: c.series[i % c.series.length], borderWidth: 2 } : { opacity: 0.55 } }
          : v)),
      })),
    };
  };

  const draw = (figure) => {
    const table = figure.querySelector("table");
    const canvas = figure.querySelector("[data-chart-canvas]");
    if (!table || !canvas) return;
    const data = read(table);
    canvas.hidden = data.series.length === 0 || data.labels.length === 0;
    if (canvas.hidden) return;
    let chart = window.echarts.getInstanceByDom(canvas);
    if (!chart) {
      chart = window.echarts.init(canvas, null, { renderer: "canvas", devicePixelRatio: Math.max(2, window.devicePixelRatio) });
      new ResizeObserver(() => chart.resize()).observe(canvas);
      drawn.set(figure, chart);
    }
    chart.setOption(options(figure, data), true);
  };

  const all = () => document.querySelectorAll("[data-chart]").forEach(draw);
  all();
  document.fonts?.ready.then(all);
  // Live parts bring new rows, or whole new charts.
  let waiting = false;
  new MutationObserver((list) => {
    if (waiting || list.every((m) => m.target.closest?.("[data-chart-canvas]"))) return;
    const near = list.some((m) => m.target.closest?.("[data-chart]") || [...m.addedNodes].some((n) => n.querySelector?.("[data-chart]")));
    if (!near) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      for (const [figure, chart] of drawn) if (!figure.isConnected) { chart.dispose(); drawn.delete(figure); }
      all();
    });
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
  window.addEventListener("beforeprint", () => drawn.forEach((c) => c.resize()));
})();
