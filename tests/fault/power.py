"""What a loss of power leaves of a folder, by the changes that shim.c logged.

A disk keeps what was synced. Of the writes to a file since its last sync any may be lost, and any may have come before
others. Names (files created, renamed, removed) are kept in order: a journal may end anywhere behind the last sync of a
folder. A folder that was made is there as soon as something in it is settled."""
import os
import pathlib


def read_log(path):
    """The changes, in order: tuples that begin with the kind."""
    data, at, changes = path.read_bytes(), 0, []
    while at < len(data):
        end = data.index(b'\n', at)
        kind, _, rest = data[at:end].partition(b' ')
        kind, at = kind.decode(), end + 1
        if kind == 'write':
            inode, place, size = map(int, rest.split())
            changes.append((kind, inode, place, data[at:at + size]))
            at += size
        elif kind == 'create':
            inode, _, name = rest.partition(b' ')
            changes.append((kind, int(inode), os.fsdecode(name)))
        elif kind == 'truncate':
            changes.append((kind, *map(int, rest.split())))
        elif kind == 'sync':
            changes.append((kind, int(rest)))
        elif kind == 'rename':
            end = data.index(b'\n', at)
            changes.append((kind, os.fsdecode(rest), os.fsdecode(data[at:end])))
            at = end + 1
        else:
            changes.append((kind, os.fsdecode(rest)))
    return changes


class Content:
    """Of a file: what is on the disk, and what was done since."""

    def __init__(self, known=b''):
        self.kept, self.since = bytearray(known), []

    @staticmethod
    def apply(content, change):
        if change[0] == 'write':
            _, _, at, data = change
            content.extend(bytes(max(0, at + len(data) - len(content))))
            content[at:at + len(data)] = data
        else:
            size = change[2]
            del content[size:]
            content.extend(bytes(size - len(content)))

    def sync(self):
        for change in self.since:
            self.apply(self.kept, change)
        self.since = []

    def after(self, chosen):
        content = bytearray(self.kept)
        for change in chosen(self.since):
            self.apply(content, change)
        return bytes(content)


class Disk:
    """The folder as it was before, and then change after change."""

    def __init__(self, folder):
        self.folder, self.names, self.since = folder, {}, []  # names with contents
        self.files = {}  # the content that an inode's number stands for now: numbers come again
        for path in folder.rglob('*'):
            if path.is_file():
                content = Content(path.read_bytes())
                self.names[str(path)] = self.files[path.stat().st_ino] = content

    def change(self, change):
        kind = change[0]
        if kind in ('write', 'truncate'):
            self.files.setdefault(change[1], Content()).since.append(change)
        elif kind == 'sync':
            self.files.setdefault(change[1], Content()).sync()
        elif kind == 'create':
            self.files[change[1]] = Content()
            self.since.append(('create', self.whole(change[2]), self.files[change[1]]))
        elif kind == 'rename':
            self.since.append(('rename', self.whole(change[1]), self.whole(change[2])))
        elif kind == 'unlink':
            self.since.append(('unlink', self.whole(change[1])))
        elif kind == 'settle':
            self.names, self.since = self.after(self.since), []

    def whole(self, path):
        return os.path.normpath(self.folder / path)

    def after(self, changes):
        names = dict(self.names)
        for change in changes:
            if change[0] == 'create':
                names[change[1]] = change[2]
            elif change[1] in names:
                content = names.pop(change[1])
                if change[0] == 'rename':
                    names[change[2]] = content
        return names

    def leave(self, into, how, draw):
        """Writes what there is after a loss of power: 'dropped', all that was not synced; 'names', of that the
        contents alone; 'some', any part; 'all', nothing is lost."""
        names = self.after({'dropped': [], 'names': self.since, 'all': self.since,
                            'some': self.since[:draw.randint(0, len(self.since))]}[how])
        for path, file in names.items():
            content = file.after(
                {'dropped': lambda since: [], 'names': lambda since: [], 'all': lambda since: since,
                 'some': lambda since: draw.sample(since, draw.randint(0, len(since)))}[how])
            to = into / pathlib.Path(path).relative_to(self.folder)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(content)
