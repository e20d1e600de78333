"""What is in a PDF of cairo's: pdf_words.py FILE WORD...

Says whether its fonts are in it, and whether each word can be found in its text, through the font's own table
of characters (ISO 32000-1, 9.10.3), as a reader finds it that selects or searches."""
import pathlib
import re
import sys
import zlib

raw = pathlib.Path(sys.argv[1]).read_bytes()
objects = dict(re.findall(rb'(\d+) 0 obj\s(.*?)endobj', raw, re.S))


def stream(body):
    data = re.search(rb'stream\r?\n(.*?)\r?\nendstream', body, re.S)
    return zlib.decompress(data.group(1)) if data and b'FlateDecode' in body else data.group(1) if data else b''


def characters(font):
    """{code: text} of a font's ToUnicode table."""
    table = stream(objects[re.search(rb'/ToUnicode (\d+) 0 R', font).group(1)])
    found = {}
    for block in re.findall(rb'beginbfchar(.*?)endbfchar', table, re.S):
        for code, text in re.findall(rb'<(\w+)>\s*<(\w+)>', block):
            found[int(code, 16)] = bytes.fromhex(text.decode()).decode('utf-16-be')
    for block in re.findall(rb'beginbfrange(.*?)endbfrange', table, re.S):
        for first, last, texts in re.findall(rb'<(\w+)>\s*<(\w+)>\s*(\[.*?\]|<\w+>)', block, re.S):
            listed = [int(text, 16) for text in re.findall(rb'<(\w+)>', texts)]
            for i in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + i] = chr(listed[i] if len(listed) > 1 else listed[0] + i)
    return found


def shown(operand):
    """The codes of what Tj or TJ shows: strings in brackets or in hexadecimal, and gaps between them."""
    codes = b''
    for plain, digits in re.findall(rb'\(((?:\\.|[^\\)])*)\)|<(\w*)>', operand, re.S):
        plain = re.sub(rb'\\([0-7]{1,3})', lambda octal: bytes([int(octal.group(1), 8)]), plain)
        codes += re.sub(rb'\\(.)', rb'\1', plain) + bytes.fromhex(digits.decode())
    return codes


def main():
    tables = {name: characters(objects[number]) for body in objects.values()
              for name, number in re.findall(rb'/(f-\d+-\d+) (\d+) 0 R', body)}
    descriptors = [body for body in objects.values() if b'/Type /FontDescriptor' in body]
    embedded = descriptors and all(b'/FontFile' in body for body in descriptors)
    text = ''
    for content in map(stream, objects.values()):
        table, width = {}, 1
        for name, operand in re.findall(rb'/(f-\d+-\d+) [\d.]+ Tf|((?:\((?:\\.|[^\\)])*\)|<\w+>|\[[^]]*\])\s*T[jJ])',
                                        content):
            if name:
                table = tables[name]
                width = 2 if max(table, default=0) > 255 else 1
                continue
            codes = shown(operand)
            text += ''.join(table.get(int.from_bytes(codes[i:i + width], 'big'), '?')
                            for i in range(0, len(codes), width)) + '\n'
    print('fonts are in it' if embedded else 'fonts are lacking')
    for word in sys.argv[2:]:
        print(word + (' is' if word in text else ' is not') + ' in its text')


main()
