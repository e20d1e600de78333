#!/usr/bin/env python3
"""A report's page in a browser: page.py NONTRIVIAL EXPERIMENTS

Runs the example suite and its report, then opens a copy of the page in headless Chromium, wide and
narrow, with a script behind the page's own that moves a pointer over the first figure and notes what
came of it. Exits 77 (skipped) without chromium, gnuplot or dot."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

WIDTHS = [1200, 390]
PROBE = """<script>
addEventListener('error', e => { document.title = 'error: ' + e.message; });
const plot = document.querySelector('.plot'), box = plot.querySelector('svg').getBoundingClientRect();
const seen = new Set();
for (let x = box.x; x < box.right; x += 4)
  for (let y = box.y; y < box.bottom; y += 8) {
    plot.dispatchEvent(new PointerEvent('pointermove', {clientX: x, clientY: y}));
    const tip = document.getElementById('tip');
    if (tip.style.display === 'block') seen.add(tip.textContent);
  }
document.body.append(Object.assign(document.createElement('pre'), {id: 'probe', textContent: JSON.stringify({
  tips: [...seen], page: document.documentElement.scrollWidth, window: innerWidth,
  figures: document.querySelectorAll('figure svg').length,
  ink: getComputedStyle(document.querySelector('.plot text')).fill,
  text: getComputedStyle(document.body).color})}));
</script>"""


def probe(chromium, page, width, dark):
    out = subprocess.run(
        [chromium, '--headless=new', '--no-sandbox', '--disable-gpu', f'--window-size={width},900',
         f'--blink-settings=preferredColorScheme={0 if dark else 1}', '--virtual-time-budget=4000', '--dump-dom',
         page.as_uri()], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=120)
    found = re.search(r'<pre id="probe">(.*?)</pre>', out.stdout, re.S)
    if not found:
        sys.exit('the page or the probe failed: ' + ''.join(re.findall('<title>.*?</title>', out.stdout)[:1]))
    return json.loads(found.group(1).replace('&amp;', '&').replace('&lt;', '<').replace('&gt;', '>'))


def check(what, ok, seen):
    print(f'{"ok    " if ok else "FAILED"} {what}')
    if not ok:
        print(json.dumps(seen, indent=1))
    return ok


def main():
    program, experiments = sys.argv[1], pathlib.Path(sys.argv[2])
    chromium = shutil.which('chromium')
    missing = [name for name in ('chromium', 'gnuplot', 'dot') if not shutil.which(name)]
    if missing:
        print('skipped: there is no ' + ' and no '.join(missing))
        return 77
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for command in (['run', experiments / 'example.yaml', '--set', 'evaluate.limit=50', '--calibration', '--out', folder / 'run'],
                        ['report', folder / 'run']):
            subprocess.run([program, *map(str, command), '--quiet'], check=True, stdout=subprocess.DEVNULL)
        html = (folder / 'run/report/index.html').read_text()
        page = folder / 'page.html'
        page.write_text(html.replace('</body>', PROBE + '</body>'))
        results = json.loads((folder / 'run/results.json').read_text())
        cases = [case['case'] for case in results['groups'][0]['cases']]
        good = check('nothing is fetched', not re.search(r'(src|href)="(?!#|data:)', html), [])
        inks = set()
        for width in WIDTHS:
            for dark in (False, True):
                seen = probe(chromium, page, width, dark)
                named = [tip.split(':')[0] for tip in seen['tips']]
                where = f'{width} pixels, {"dark" if dark else "light"}: '
                good &= check(where + 'a pointer finds every case', set(cases) <= set(named), seen)
                good &= check(where + 'nothing is wider than the window', seen['page'] <= seen['window'], seen)
                good &= check(where + 'ten figures', seen['figures'] == 10, seen)
                good &= check(where + "figures have the text's colour", seen['ink'] == seen['text'], seen)
                inks.add(seen['text'])
        good &= check('light and dark differ', len(inks) == 2, sorted(inks))
    return 0 if good else 1


sys.exit(main())
