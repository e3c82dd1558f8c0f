(() => {
  "use strict";
  const root = document.documentElement;
  const chooser = document.getElementById("languages");
  chooser.hidden = false;
  const speak = language => {
    root.lang = language;
    for (const button of chooser.children) button.setAttribute("aria-pressed", String(button.value === language));
  };
  chooser.addEventListener("click", event => event.target.value && speak(event.target.value));
  speak(root.lang);

  const read = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v || cell.innerText.trim();
  };
  const compare = (a, b) => {
    const x = Number(a), y = Number(b);
    if (a !== "" && b !== "" && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    if (a === "" || b === "") return (a === "") - (b === "");
    return a.localeCompare(b, root.lang, { numeric: true });
  };
  const sort = head => {
    const body = head.closest("table").tBodies[0];
    const down = head.getAttribute("aria-sort") === (head.classList.contains("n") ? "descending" : "ascending");
    const sign = head.classList.contains("n") ? (down ? 1 : -1) : (down ? -1 : 1);
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    const rows = [...body.rows].map((row, at) => [read(row, head.cellIndex), at, row]);
    rows.sort((a, b) => sign * compare(a[0], b[0]) || a[1] - b[1]);
    body.append(...rows.map(row => row[2]));
  };
  for (const head of document.querySelectorAll("table.sortable thead th")) {
    head.tabIndex = 0;
    head.addEventListener("click", () => sort(head));
    head.addEventListener("keydown", event => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(head); }
    });
  }
})();
