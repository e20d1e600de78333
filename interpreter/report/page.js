/* What the page does beside being read; without it nothing is missing. Tables sort by a click on a
 * column's name and are filtered by a field above them; a figure shows the numbers of the point
 * under the pointer, or, once it has the focus, of one after the other by the arrow keys. */
'use strict';

// --- tables --------------------------------------------------------------------------------------

const FEW = 7; // rows that need no field to filter them

// Rows, each with those that stand under it and move with it.
function rowsOf(body) {
  const rows = [];
  for (const tr of body.rows) {
    if (tr.classList.contains('under')) rows.at(-1).push(tr);
    else rows.push([tr]);
  }
  return rows;
}

// What a cell sorts by; numbers are those that its text begins with, and those without are last.
function keyOf(row, column, number) {
  const text = row[0].cells[column].textContent.trim();
  return number ? parseFloat(text) : text;
}

function compare(a, b, number) {
  return number ? a - b : a.localeCompare(b, 'en', {numeric: true});
}

// The order of a column: as it is, upwards, downwards, as it was.
function sort(table, rows, header) {
  const next = {none: 'ascending', ascending: 'descending', descending: 'none'};
  const order = next[header.getAttribute('aria-sort') || 'none'];
  const number = header.classList.contains('number'), sorted = [...rows];
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
  if (order !== 'none') {
    const sign = order === 'ascending' ? 1 : -1;
    const keys = new Map(rows.map(row => [row, keyOf(row, header.cellIndex, number)]));
    const lacks = row => number && Number.isNaN(keys.get(row));
    header.setAttribute('aria-sort', order);
    sorted.sort((a, b) => lacks(a) - lacks(b) || sign * compare(keys.get(a), keys.get(b), number) || 0);
  }
  table.tBodies[0].append(...sorted.flat());
}

function addSorting(table, rows) {
  for (const header of table.tHead.rows[0].cells) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...header.childNodes);
    button.addEventListener('click', () => sort(table, rows, header));
    header.append(button);
  }
}

// A row stays if it has all the words.
function addFilter(table, rows) {
  const line = document.createElement('p'), label = document.createElement('label');
  const field = document.createElement('input'), count = document.createElement('output');
  const texts = new Map(rows.map(row => [row, row.map(tr => tr.textContent).join(' ').toLowerCase()]));
  line.className = 'filter';
  field.type = 'search';
  field.setAttribute('aria-label', 'Filter the rows: ' + table.caption.textContent);
  label.append('Filter the rows', field);
  field.addEventListener('input', () => {
    const words = field.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const stays = words.every(word => texts.get(row).includes(word));
      for (const tr of row) tr.hidden = !stays;
      shown += stays;
    }
    count.textContent = words.join('') ? `${shown} of ${rows.length}` : '';
  });
  line.append(label, count);
  table.closest('.scroll').before(line);
}

for (const table of document.querySelectorAll('table.data')) {
  const rows = rowsOf(table.tBodies[0]);
  if (rows.length > 1) addSorting(table, rows);
  if (rows.length > FEW) addFilter(table, rows);
}

// --- the points of figures -----------------------------------------------------------------------

const tip = document.getElementById('tip');

function hideTip() {
  tip.style.display = 'none';
}

function showTip(text, x, y) {
  tip.textContent = text;
  tip.style.display = 'block';
  tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8)) + 'px';
  tip.style.top = (y > 80 ? y - tip.offsetHeight - 12 : y + 18) + 'px';
}

function middle(point) {
  const box = point.g.getBoundingClientRect();
  return {x: box.x + box.width / 2, y: box.y + box.height / 2};
}

// gnuplot puts the words of a point into an attribute that calls a script of its own.
function pointsOf(plot) {
  const points = [];
  for (const g of plot.querySelectorAll('g[onmousemove]')) {
    const text = /showHypertext\(evt,'(.*)'\)/.exec(g.getAttribute('onmousemove'));
    g.removeAttribute('onmousemove');
    g.removeAttribute('onmouseout');
    if (text) points.push({g, text: text[1]});
  }
  return points;
}

function addTips(plot, points) {
  let at = -1; // the point that the keys have come to
  const near = event => {
    let best = null, least = 1600;
    for (const point of points) {
      const {x, y} = middle(point), dx = x - event.clientX, dy = y - event.clientY;
      if (dx * dx + dy * dy * .02 < least) {
        least = dx * dx + dy * dy * .02;
        best = point;
      }
    }
    if (best) showTip(best.text, event.clientX, event.clientY);
    else hideTip();
  };
  plot.addEventListener('pointermove', near);
  plot.addEventListener('pointerdown', near);
  plot.addEventListener('pointerleave', hideTip);
  plot.addEventListener('blur', hideTip);
  plot.addEventListener('keydown', event => {
    const step = {ArrowRight: 1, ArrowLeft: -1, Home: -points.length, End: points.length}[event.key];
    if (event.key === 'Escape') hideTip();
    if (!step) return;
    event.preventDefault();
    at = Math.max(0, Math.min(points.length - 1, at + step));
    points[at].g.scrollIntoView({block: 'nearest', inline: 'nearest'});
    requestAnimationFrame(() => { // the scrolling has hidden what was there
      const {x, y} = middle(points[at]);
      showTip(points[at].text, x, y);
    });
  });
}

for (const plot of document.querySelectorAll('.plot')) {
  const points = pointsOf(plot);
  if (!points.length) continue;
  for (const title of plot.querySelectorAll('title')) title.remove();
  plot.dataset.points = points.length;
  addTips(plot, points);
}
for (const plot of document.querySelectorAll('.tall')) plot.scrollLeft = (plot.scrollWidth - plot.clientWidth) / 2;
addEventListener('scroll', hideTip, {passive: true});

// --- what scrolls --------------------------------------------------------------------------------

// A box takes the focus where there is something that it can do by keys.
function fit(box) {
  const sideways = box.scrollWidth > box.clientWidth + 1;
  box.classList.toggle('more', sideways);
  if (sideways || box.scrollHeight > box.clientHeight + 1 || box.dataset.points) box.tabIndex = 0;
  else box.removeAttribute('tabindex');
}

const watch = new ResizeObserver(entries => entries.forEach(entry => fit(entry.target.closest('.scroll'))));
for (const box of document.querySelectorAll('.scroll')) {
  watch.observe(box);
  if (box.firstElementChild) watch.observe(box.firstElementChild);
}

addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details')) details.open = true;
});
