/* Draws <div data-chart> with ECharts from the JSON beside it, in the page's colours; redraws on resize and theme. */
(() => {
  "use strict";
  const css = (name) => {
    // A probe resolves light-dark() and nested variables.
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  };
  const palette = () => ["--blue", "--cyan", "--amber", "--violet", "--green", "--red", "--grey", "--indigo"].map(css);

  function option(data) {
    const text = css("--text-muted");
    const line = css("--border");
    const pie = data.type === "pie";
    const flat = data.type === "hbar";
    const category = { type: "category", data: data.x, axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: text, hideOverlap: true }, inverse: flat };
    const value = { type: "value", splitLine: { lineStyle: { color: line } }, axisLabel: { color: text, formatter: flat && data.unit ? (number) => `${Number(number).toLocaleString()} ${data.unit}` : undefined } };
    const font = getComputedStyle(document.body).fontFamily;
    const base = {
      color: palette(),
      textStyle: { fontFamily: font, color: text },
      animationDuration: 300,
      tooltip: {
        trigger: pie ? "item" : "axis", confine: true, backgroundColor: css("--surface"), borderColor: line, textStyle: { color: css("--text"), fontSize: 13 },
        axisPointer: { type: "shadow", shadowStyle: { color: "rgba(128,140,160,.1)" } },
        valueFormatter: (number) => `${Number(number).toLocaleString()}${data.unit ? ` ${data.unit}` : ""}`,
      },
      legend: (data.series || []).length > 1 || pie ? { bottom: 0, icon: "roundRect", itemWidth: 10, itemHeight: 10, textStyle: { color: text } } : undefined,
      grid: { left: 8, right: 16, top: 16, bottom: (data.series || []).length > 1 ? 32 : 8, containLabel: true },
    };
    if (data.option) return { ...base, ...data.option };
    if (pie) {
      const [series] = data.series;
      return { ...base, series: [{ type: "pie", radius: ["52%", "76%"], center: ["50%", "45%"], itemStyle: { borderColor: css("--surface"), borderWidth: 2 }, label: { show: false }, data: data.x.map((name, i) => ({ name, value: series.data[i] })) }] };
    }
    return {
      ...base,
      [flat ? "yAxis" : "xAxis"]: category,
      [flat ? "xAxis" : "yAxis"]: value,
      series: data.series.map((series) => ({
        type: ["line", "area"].includes(data.type) ? "line" : "bar",
        stack: data.type === "stacked" ? "all" : undefined,
        areaStyle: data.type === "area" ? { opacity: 0.12 } : undefined,
        smooth: 0.2, symbolSize: 6, barMaxWidth: 28,
        itemStyle: { borderRadius: data.type === "stacked" ? 0 : flat ? [0, 3, 3, 0] : [3, 3, 0, 0] },
        ...series,
      })),
    };
  }

  erp.behaviour("[data-chart]", (place) => {
    if (!window.echarts) return;
    const source = document.querySelector(`script[data-for="${CSS.escape(place.id)}"]`);
    const data = JSON.parse(source.textContent);
    const chart = echarts.init(place, null, { renderer: "svg" });
    const draw = () => chart.setOption(option(data), true);
    draw();
    chart.on("click", (event) => {
      const to = data.links && data.links[event.dataIndex];
      if (to) location.assign(to);
    });
    new ResizeObserver(() => chart.resize()).observe(place);
    document.addEventListener("erp:theme", draw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  });
})();
