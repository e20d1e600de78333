// What a reader without eyes or without a mouse needs of a page: a list of what is amiss. Evaluated by page.py.
(() => {
  const faults = [], say = (what, element) => faults.push(
    what + (element ? ': ' + element.outerHTML.slice(0, 120) : ''));
  const all = selector => [...document.querySelectorAll(selector)];
  const seen = e => e.checkVisibility({visibilityProperty: true});

  // --- the document ---
  if (!document.documentElement.lang) say('the page has no language');
  if (!document.title) say('the page has no title');
  if (all('h1').length !== 1) say('there is not one h1');
  all('h1,h2,h3,h4,h5,h6').reduce((level, e) => {
    const own = +e.tagName[1];
    if (own > level + 1) say('a heading is skipped', e);
    if (!e.textContent.trim()) say('a heading is empty', e);
    return own;
  }, 0);
  for (const one of ['header', 'main', 'footer', 'nav'])
    if (all('body ' + one).length !== 1) say('there is not one ' + one);
  for (const e of document.body.children)
    if (!e.matches('header,main,footer,script,.skip')) say('outside of the landmarks', e);
  const ids = all('[id]').filter(e => !e.closest('svg')).map(e => e.id);
  if (new Set(ids).size !== ids.length) say('an id stands twice: ' + ids.filter((id, i) => ids.indexOf(id) !== i));
  for (const e of all('a[href^="#"]'))
    if (!document.getElementById(e.getAttribute('href').slice(1))) say('a link to nothing', e);
  if (document.querySelector('a').getAttribute('href') !== '#main') say('the first link does not skip to the main part');

  // --- names ---
  const name = e => (e.getAttribute('aria-label') || e.textContent || (e.labels && e.labels[0]?.textContent) || '').trim();
  const named = new Map();
  for (const e of all('a[href],button,input,summary,[tabindex="0"],nav')) {
    if (!name(e)) say('a control has no name', e);
    if (e.tabIndex > 0) say('a control jumps the queue', e);
    if (e.matches('summary') && !e.closest('tbody')) named.set(name(e), [...(named.get(name(e)) || []), e]);
  }
  for (const [words, elements] of named) if (elements.length > 1) say(`${elements.length} summaries are called ${words}`);
  for (const e of all('img')) if ((e.getAttribute('alt') || '').length < 15) say('a picture has no words', e);
  for (const e of all('.plot svg'))
    if (e.getAttribute('role') !== 'img' || (e.getAttribute('aria-label') || '').length < 60) say('a figure has no words', e);

  // --- tables ---
  for (const e of all('table')) {
    if (!e.caption?.textContent.trim()) say('a table has no caption', e);
    for (const th of e.querySelectorAll('th'))
      if (!['col', 'row'].includes(th.scope)) say('a header has no scope', th);
    for (const tr of e.tBodies[0].rows)
      if (!tr.matches('.under') && tr.cells[0].scope !== 'row') say('a row has no header', tr);
    const columns = Math.max(...[...e.rows].map(tr => [...tr.cells].reduce((sum, c) => sum + c.colSpan, 0)));
    for (const tr of e.rows)
      if ([...tr.cells].reduce((sum, c) => sum + c.colSpan, 0) !== columns) say('a row lacks cells', tr);
  }

  // --- room ---
  if (document.documentElement.scrollWidth > innerWidth) say(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const e of all('body *')) {
    if (e.closest('svg') || e.closest('.hide') || !seen(e)) continue;
    const style = getComputedStyle(e), scrolls = /auto|scroll/.test(style.overflowX);
    if (scrolls && e.scrollWidth > e.clientWidth + 1) {
      if (e.tabIndex !== 0) say('what scrolls takes no focus', e);
      if (!e.classList.contains('more') || !/scroll/.test(getComputedStyle(e, '::before').content))
        say('what scrolls does not say so', e);
      if (style.backgroundImage === 'none') say('what scrolls has no shadow', e);
    }
    if (style.overflowX === 'hidden' && e.scrollWidth > e.clientWidth) say('something is cut off', e);
    const box = e.getBoundingClientRect();
    if (box.width && (box.right > innerWidth + 1 || box.left < -1) && !e.closest('.scroll,.skip'))
      say('something is outside of the window', e);
  }

  // --- contrast ---
  const channel = v => (v /= 255, v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const parts = colour => (colour.match(/[\d.]+/g) || []).map(Number);
  const clear = colour => colour === 'none' || colour === 'transparent' || parts(colour)[3] === 0;
  const ratio = (a, b) => { const [x, y] = [light(parts(a)), light(parts(b))].sort((m, n) => n - m); return (x + .05) / (y + .05); };
  const ground = e => {
    for (; e; e = e.parentElement)
      if (!clear(getComputedStyle(e).backgroundColor)) return getComputedStyle(e).backgroundColor;
    return 'rgb(255, 255, 255)';
  };
  let texts = 0;
  const hold = (e, colour, under) => {
    texts++;
    if (ratio(colour, under) < 4.5) say(`a contrast of ${ratio(colour, under).toFixed(2)}, ${colour} on ${under}`, e);
  };
  for (const e of all('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (own && !e.closest('svg,script,style,.hide') && seen(e)) hold(e, getComputedStyle(e).color, ground(e));
  }
  for (const text of all('.plot svg text')) { // on whatever shape is drawn under it
    text.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
    const box = text.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
    if (!text.textContent.trim() || !box.width || !seen(text)) continue;
    const shape = document.elementsFromPoint(x, y).find(e => e.closest('svg') === text.closest('svg') &&
      e instanceof SVGGeometryElement && !clear(getComputedStyle(e).fill) && +getComputedStyle(e).fillOpacity > .5);
    hold(text, getComputedStyle(text).fill, shape ? getComputedStyle(shape).fill : ground(text.closest('svg').parentElement));
  }
  scrollTo(0, 0);
  return {faults: [...new Set(faults)], texts, tables: all('table').length, figures: all('figure svg').length};
})()
