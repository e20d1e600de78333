#!/usr/bin/env python3
"""Pages in a browser: page.py NONTRIVIAL EXPERIMENTS

Makes the page of a run and the comparison of two, and looks at them in headless Chromium, light and dark, wide and
narrow: what audit.js finds amiss; whether keys alone reach everything and sort, filter and open it; whether a pointer
finds the numbers of a figure; and that without the script nothing is missing. Exits 77 (skipped) without chromium,
gnuplot or dot."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from browser import Browser

AUDIT = pathlib.Path(__file__).with_name('audit.js').read_text(encoding='utf-8')
WIDTHS = [1200, 420]
FAULTS = []

POINTER = """(() => {
const plot = document.querySelector('.plot'), box = plot.querySelector('svg').getBoundingClientRect();
const found = new Set(), tip = document.getElementById('tip');
for (let x = box.x; x < box.right; x += 4)
  for (let y = box.y; y < box.bottom; y += 8) {
    plot.dispatchEvent(new PointerEvent('pointermove', {clientX: x, clientY: y}));
    if (tip.style.display === 'block') found.add(tip.textContent);
  }
plot.dispatchEvent(new PointerEvent('pointerleave'));
return [...found];
})()"""
OPEN = "for (const d of document.querySelectorAll('details')) d.open = true"
OTHER_ORDER = "[...document.querySelectorAll('.orders > input:nth-of-type(2)')].map(i => i.click()).length"
ROWS = "[...document.querySelectorAll('table.data')[%d].tBodies[0].rows].filter(r => !r.hidden)"
COLUMN = ROWS + ".filter(r => !r.matches('.under')).map(r => r.cells[%d].textContent)"


def check(what, ok, seen=None):
    print(f'{"ok    " if ok else "FAILED"} {what}')
    if not ok:
        FAULTS.append(what)
        print(json.dumps(seen, indent=1, ensure_ascii=False))


# --- colours --------------------------------------------------------------------------------------

def contrast(first, second):
    def light(colour):
        values = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
        return sum(weight * (v / 12.92 if v <= .04045 else ((v + .055) / 1.055) ** 2.4)
                   for weight, v in zip((.2126, .7152, .0722), values))
    low, high = sorted((light(first), light(second)))
    return (high + .05) / (low + .05)


def check_colours(html):
    """Every colour of text on every ground, in both themes, as the style sheet has them."""
    themes = [dict(re.findall(r'--(\w+): (#\w{6})', theme)) for theme in re.findall(r':root \{(.*?)\}', html, re.S)]
    check('there is a light and a dark theme', len(themes) == 2 and themes[0].keys() == themes[1].keys(), themes)
    poor = [(name, ground, round(contrast(theme[name], theme[ground]), 2)) for theme in themes
            for name in theme if name not in ('paper', 'panel', 'line') for ground in ('paper', 'panel')
            if contrast(theme[name], theme[ground]) < 4.5]
    check('all colours of text have a contrast of 4.5 to 1', not poor, poor)


# --- keys -----------------------------------------------------------------------------------------

def check_tabs(browser, where):
    """Tab goes through all that takes the focus, in the order of the page."""
    wanted = browser.evaluate("""window.stops = [...document.querySelectorAll(
        'a[href],button,input:not([type=radio]:not(:checked)),summary,[tabindex="0"]')].filter(e => e.checkVisibility()); window.stops.length""")
    reached = []
    for _ in range(wanted):
        browser.press('Tab')
        reached.append(browser.evaluate('window.stops.indexOf(document.activeElement)'))
    check(f'{where}Tab reaches all {wanted} controls in their order', reached == list(range(wanted)), reached)


def focus(browser, element):
    browser.evaluate(f'({element}).focus()')


def check_sorting(browser, cases):
    table = browser.evaluate("""[...document.querySelectorAll('table.data')].findIndex(
        t => [...t.tHead.rows[0].cells].some(c => c.textContent === 'verdict') && !t.closest('figure + details'))""")
    header = f"document.querySelectorAll('table.data')[{table}].tHead.rows[0]"
    column = browser.evaluate(f"[...{header}.cells].findIndex(c => c.textContent === 'change')")
    for order, sign in (('ascending', 1), ('descending', -1), (None, 0)):
        focus(browser, f"{header}.cells[{column}].querySelector('button')")
        browser.press('Enter', '\r')
        names, values = (browser.evaluate(COLUMN % (table, at)) for at in (0, column))
        values = [float(value) for value in values]
        good = names == cases if not order else values == sorted(values, key=lambda v: sign * v) and names != cases
        check(f'Enter on a column sorts it: {order}', good, [names, values])
        said = browser.evaluate(f"{header}.cells[{column}].getAttribute('aria-sort')")
        check(f'and says so: {said}', said == order, said)
    focus(browser, f"document.querySelectorAll('table.data')[{table}].closest('details').querySelector('input')")
    browser.write('LAYER2 down')
    check('a field filters rows by words', browser.evaluate(COLUMN % (table, 0)) == ['layer2.0.downsample.0'])
    check('and says how many stay', browser.evaluate("document.activeElement.closest('p').querySelector('output').value")
          == f'1 of {len(cases)}')


def check_figures(browser, cases):
    found = browser.evaluate("[...document.querySelectorAll('figure')].map(f => f.nextElementSibling.matches('details'))")
    check(f'behind each of {len(found)} figures are its numbers', found and all(found), found)
    focus(browser, "document.querySelector('figure + details summary')")
    browser.press('Enter', '\r')
    names = browser.evaluate("[...document.querySelectorAll('figure + details[open] tbody th')].map(c => c.innerText)")
    check('Enter opens them', names == cases, names)
    focus(browser, "document.querySelector('.plot')")
    browser.press('ArrowRight')
    browser.press('ArrowRight')
    browser.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
    tip = browser.evaluate("document.getElementById('tip').innerText")
    check(f'arrows go from point to point: {tip}', tip.startswith(cases[1] + ':'), tip)


def check_orders(browser):
    """The switch of a group's bars: an arrow key goes to the other order, which takes the place of the first."""
    shown = "[...document.querySelectorAll('.orders > div')].slice(0, 2).map(d => d.checkVisibility())"
    focus(browser, "document.querySelector('.orders > input')")
    before = browser.evaluate(shown)
    browser.press('ArrowRight')
    check('an arrow changes the order of the bars', [before, browser.evaluate(shown)] == [[True, False], [False, True]],
          [before, browser.evaluate(shown)])


# --- pages ----------------------------------------------------------------------------------------

def audit(browser, where, figures):
    browser.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
    seen = browser.evaluate(AUDIT)
    check(where + f"of {seen['tables']} tables and {seen['texts']} texts nothing is amiss", not seen['faults'], seen)
    check(where + 'all figures', seen['figures'] == figures, seen)


def check_page(browser, page, what, figures):
    html = page.read_text(encoding='utf-8')
    check(f'{what}: nothing is fetched', not re.search(r'(src|href)="(?!#|data:)', html))
    check_colours(html)
    inks = set()
    for width in WIDTHS:
        for dark in (False, True):
            where = f'{what}, {width} pixels, {"dark" if dark else "light"}: '
            browser.show(page, width, dark)
            check_tabs(browser, where)
            browser.evaluate(OPEN)
            audit(browser, where, figures)
            if browser.evaluate(OTHER_ORDER):
                audit(browser, where + 'in the other order ', figures)
            check(where + 'no script fails', not browser.faults(), browser.faults())
            inks.add(browser.evaluate('getComputedStyle(document.body).color'))
    check(f'{what}: light and dark differ', len(inks) == 2, sorted(inks))


def check_run_page(browser, page, cases):
    check_page(browser, page, 'run', 11)
    browser.show(page, 1200, False)
    tips = browser.evaluate(POINTER)
    check('a pointer finds every case', set(cases) <= {tip.split(':')[0] for tip in tips}, tips)
    check_figures(browser, cases)
    check_orders(browser)
    browser.show(page, 1200, False)
    check_sorting(browser, cases)
    words = browser.evaluate("document.querySelector('.brief').innerText")
    for part in ('cifar10 in the folder example', 'test', 'SHA-256', "a layer's kernel is 0", 'Holm'):
        check(f'the page says what was done: {part}', part in words, words)
    bare = page.with_name('bare.html')
    bare.write_text(re.sub(r'<script>.*?</script>', '', page.read_text(encoding='utf-8'), flags=re.S), encoding='utf-8')
    browser.show(bare, 1200, False)
    names = browser.evaluate("[...document.querySelectorAll('table.data tbody th')].map(c => c.textContent)")
    check('without the script nothing is missing, and there is nothing that does nothing',
          names[:len(cases)] == cases and not browser.evaluate(
              "document.querySelectorAll('button,input:not([type=radio])').length"), names)


def main():
    program, experiments = sys.argv[1], pathlib.Path(sys.argv[2])
    missing = [name for name in ('chromium', 'gnuplot', 'dot') if not shutil.which(name)]
    if missing:
        print('skipped: there is no ' + ' and no '.join(missing))
        return 77
    with tempfile.TemporaryDirectory() as name, Browser(shutil.which('chromium')) as browser:
        folder = pathlib.Path(name)
        example = ['run', experiments / 'example.yaml', '--set', 'evaluate.limit=50', '--calibration', '--quiet', '--out']
        for words in ([*example, folder / 'run'],
                      [*example, folder / 'other', '--set', 'margin=0.5', '--set', 'evaluate.batch_norm=batch', '--set',
                       'evaluate.batch=25'],
                      ['report', folder / 'run', '--quiet'],
                      ['compare', folder / 'run', folder / 'other', '--page', folder / 'compared']):
            subprocess.run([program, *map(str, words)], check=True, stdout=subprocess.DEVNULL)
        results = json.loads((folder / 'run/results.json').read_text())
        check_run_page(browser, folder / 'run/report/index.html',
                       [case['case'] for case in results['groups'][0]['cases']])
        check_page(browser, folder / 'compared/index.html', 'comparison', 3)
    return 1 if FAULTS else 0


if __name__ == '__main__':
    sys.exit(main())
