"""A headless Chromium that is told what to do over a pipe (Chrome DevTools Protocol, no other program needed)."""
import base64
import fcntl
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time

TIMEOUT = 60  # seconds for an answer


class Browser:
    """With it open: `with Browser(program) as browser:`."""

    def __init__(self, program):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # its helpers may outlive it
        theirs, self.out = self.high_pipe()
        self.into, answers = self.high_pipe()

        def wire():  # what the protocol calls its pipes
            os.dup2(theirs, 3)
            os.dup2(answers, 4)

        self.process = subprocess.Popen(
            [program, '--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars',
             f'--user-data-dir={self.profile.name}', '--remote-debugging-pipe', 'about:blank'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=wire, pass_fds=(3, 4))
        os.close(theirs)
        os.close(answers)
        self.number, self.session, self.events, self.buffer = 0, None, [], b''
        page = next(t for t in self.call('Target.getTargets')['targetInfos'] if t['type'] == 'page')
        self.session = self.call('Target.attachToTarget', targetId=page['targetId'], flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Log'):
            self.call(domain + '.enable')

    @staticmethod
    def high_pipe():
        low = os.pipe()
        high = tuple(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20) for fd in low)
        for fd in low:
            os.close(fd)
        return high

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.session = None
        try:
            self.call('Browser.close')
            self.process.wait(TIMEOUT)
        finally:
            self.process.kill()
            self.process.wait()
        os.close(self.into)
        os.close(self.out)
        self.profile.cleanup()

    def message(self):
        deadline = time.monotonic() + TIMEOUT
        while b'\0' not in self.buffer:
            if not select.select([self.into], [], [], max(0, deadline - time.monotonic()))[0]:
                sys.exit('the browser does not answer')
            piece = os.read(self.into, 1 << 20)
            if not piece:
                sys.exit('the browser has ended')
            self.buffer += piece
        text, self.buffer = self.buffer.split(b'\0', 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        wanted = {'id': self.number, 'method': method, 'params': parameters}
        if self.session:
            wanted['sessionId'] = self.session
        os.write(self.out, json.dumps(wanted).encode() + b'\0')
        while True:
            answer = self.message()
            if answer.get('id') != self.number:
                self.events.append(answer)
            elif 'error' in answer:
                sys.exit(f"{method}: {answer['error']['message']}")
            else:
                return answer['result']

    def show(self, page, width, dark, height=900):
        """Opens a file as a window of this width has it."""
        self.events.clear()
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call('Emulation.setEmulatedMedia',
                  features=[{'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
        self.call('Page.navigate', url=pathlib.Path(page).resolve().as_uri())
        while not any(event.get('method') == 'Page.loadEventFired' for event in self.events):
            self.events.append(self.message())
        self.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')

    def faults(self):
        """What scripts threw and the console warned of since the page was opened."""
        return [event['params'] for event in self.events
                if event.get('method') in ('Runtime.exceptionThrown', 'Log.entryAdded')]

    def evaluate(self, script):
        answer = self.call('Runtime.evaluate', expression=script, awaitPromise=True, returnByValue=True)
        if 'exceptionDetails' in answer:
            sys.exit(f"a script failed: {json.dumps(answer['exceptionDetails'], indent=1)}")
        return answer['result'].get('value')

    def press(self, key, text=''):
        codes = {'Tab': 9, 'Enter': 13, 'ArrowLeft': 37, 'ArrowRight': 39}
        for kind in ('keyDown', 'keyUp'):
            self.call('Input.dispatchKeyEvent', type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key],
                      text=text if kind == 'keyDown' else '')

    def write(self, text):
        self.call('Input.insertText', text=text)

    def picture(self, path, whole=True):
        size = self.call('Page.getLayoutMetrics')['cssContentSize']
        answer = self.call('Page.captureScreenshot', captureBeyondViewport=whole,
                           **({'clip': {'x': 0, 'y': 0, 'width': size['width'], 'height': min(size['height'], 16000),
                                        'scale': 1}} if whole else {}))
        pathlib.Path(path).write_bytes(base64.b64decode(answer['data']))
