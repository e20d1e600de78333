"""The networks of graphs/ as PyTorch modules, written from the papers that the graph files name. Their
parameters' names are those of the graph files; where torchvision has the network, they are torchvision's,
which `like_torchvision` checks where torchvision is there."""
import torch
from torch import nn
from torch.nn import functional


class Unit(nn.Module):
    """The basic unit of ResNet18 and ResNet34, or, without its short connection, that of plain34."""

    def __init__(self, before, channels, stride, short=True):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.short = short
        if short and (stride != 1 or before != channels):
            self.downsample = nn.Sequential(nn.Conv2d(before, channels, 1, stride, bias=False),
                                            nn.BatchNorm2d(channels))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.short:
            y = y + (self.downsample(x) if hasattr(self, 'downsample') else x)
        return torch.relu(y)


class PlainUnit(Unit):
    def __init__(self, before, channels, stride):
        super().__init__(before, channels, stride, short=False)


class Bottleneck(nn.Module):
    """The unit of ResNet50. Its 3x3 convolution has the stride."""

    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * channels)
        if stride != 1 or before != 4 * channels:
            self.downsample = nn.Sequential(nn.Conv2d(before, 4 * channels, 1, stride, bias=False),
                                            nn.BatchNorm2d(4 * channels))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(torch.relu(self.bn2(self.conv2(y)))))
        return torch.relu(y + (self.downsample(x) if hasattr(self, 'downsample') else x))


class Backbone(nn.Module):
    """Stem and four stages."""

    def __init__(self, unit, units, width, image_channels, stem):
        super().__init__()
        large = stem == 'imagenet'
        self.conv1 = nn.Conv2d(image_channels, width, 7 if large else 3, 2 if large else 1,
                               3 if large else 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.Identity() if stem == 'cifar' else nn.MaxPool2d(3, 2, 1)
        self.channels = width
        for i, count in enumerate(units):
            setattr(self, f'layer{i + 1}', self.stage(unit, count, width << i, 1 if i == 0 else 2))

    def stage(self, unit, count, channels, stride):
        after = 4 * channels if unit is Bottleneck else channels
        first = unit(self.channels, channels, stride)
        self.channels = after
        return nn.Sequential(first, *(unit(after, channels, 1) for _ in range(count - 1)))

    def features(self, x):
        """What stages 3 and 4 give."""
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        third = self.layer3(self.layer2(self.layer1(x)))
        return third, self.layer4(third)


class ResNet(Backbone):
    def __init__(self, unit, units, width, classes, image_channels, stem):
        super().__init__(unit, units, width, image_channels, stem)
        self.fc = nn.Linear(self.channels, classes)

    def forward(self, x):
        return self.fc(self.features(x)[1].mean((2, 3)))


class VGG16(nn.Module):
    def __init__(self, width, classes, image_channels, head, hidden, dropout):
        super().__init__()
        layers, before = [], image_channels
        for times, count in ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3)):
            for _ in range(count):
                layers += [nn.Conv2d(before, times * width, 3, 1, 1), nn.BatchNorm2d(times * width),
                           nn.ReLU()]
                before = times * width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.places = 7 if head == 'imagenet' else 1
        if head == 'imagenet':
            self.classifier = nn.Sequential(
                nn.Linear(before * 49, hidden), nn.ReLU(), nn.Dropout(dropout),
                nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, classes))
        else:
            self.classifier = nn.Linear(before, classes)

    def forward(self, x):
        x = functional.adaptive_avg_pool2d(self.features(x), self.places)
        return self.classifier(torch.flatten(x, 1))


class Double(nn.Module):
    """U-Net's two convolutions."""

    def __init__(self, before, middle, after):
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(before, middle, 3, padding=1, bias=False), nn.BatchNorm2d(middle), nn.ReLU(),
            nn.Conv2d(middle, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU())

    def forward(self, x):
        return self.double_conv(x)


class Down(nn.Module):
    def __init__(self, before, after):
        super().__init__()
        self.maxpool_conv = nn.Sequential(nn.MaxPool2d(2), Double(before, after, after))

    def forward(self, x):
        return self.maxpool_conv(x)


class Up(nn.Module):
    def __init__(self, deep, skip, after, way):
        super().__init__()
        if way == 'bilinear':
            self.up = nn.Upsample(scale_factor=2, mode='bilinear', align_corners=True)
        else:
            self.up = nn.ConvTranspose2d(deep, skip, 2, 2)
        self.conv = Double(2 * skip, skip, after)

    def forward(self, deep, skip):
        deep = self.up(deep)
        rows, columns = (skip.shape[d] - deep.shape[d] for d in (2, 3))
        deep = functional.pad(deep, (columns // 2, columns - columns // 2, rows // 2, rows - rows // 2))
        return self.conv(torch.cat((skip, deep), 1))


class UNet(nn.Module):
    def __init__(self, width, classes, image_channels, up):
        super().__init__()
        levels = [width << i for i in range(5)]
        part = 2 if up == 'bilinear' else 1
        self.inc = Double(image_channels, width, width)
        for i in range(1, 5):
            setattr(self, f'down{i}', Down(levels[i - 1], levels[i] // (part if i == 4 else 1)))
        for i in range(1, 5):
            skip = levels[4 - i]
            setattr(self, f'up{i}', Up(2 * skip // part, skip, skip // (1 if i == 4 else part), up))
        self.outc = nn.Module()
        self.outc.conv = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        maps = [self.inc(x)]
        for i in range(1, 5):
            maps.append(getattr(self, f'down{i}')(maps[-1]))
        x = maps.pop()
        for i in range(1, 5):
            x = getattr(self, f'up{i}')(x, maps.pop())
        return self.outc.conv(x)


class SegNet(nn.Module):
    GROUPS = (1, 2), (2, 2), (4, 3), (8, 3), (8, 3)

    def __init__(self, width, classes, image_channels):
        super().__init__()
        self.encoder, self.decoder, before = [], [], image_channels
        for g, (times, count) in enumerate(self.GROUPS, 1):
            for k in range(1, count + 1):
                self.encoder.append(self.add(f'conv{g}_{k}', before, times * width))
                before = times * width
        for g in range(5, 0, -1):
            narrower = self.GROUPS[max(g - 2, 0)][0] * width
            for k in range(self.GROUPS[g - 1][1], 0, -1):
                after = narrower if k == 1 else before
                self.decoder.append(self.add(f'conv{g}_{k}_D', before, classes if g == k == 1 else after,
                                             norm=not g == k == 1))
                before = after

    def add(self, name, before, after, norm=True):
        setattr(self, name, nn.Conv2d(before, after, 3, padding=1))
        if norm:
            setattr(self, name + '_bn', nn.BatchNorm2d(after))
        return name

    def layer(self, name, x):
        x = getattr(self, name)(x)
        return torch.relu(getattr(self, name + '_bn')(x)) if hasattr(self, name + '_bn') else x

    def forward(self, x):
        places = {}
        for name in self.encoder:
            x = self.layer(name, x)
            group, number = map(int, name[4:].split('_'))
            if number == self.GROUPS[group - 1][1]:
                size = x.shape[2:]
                x, indices = functional.max_pool2d(x, 2, return_indices=True)
                places[group] = indices, size
        for name in self.decoder:
            group, number = map(int, name[4:-2].split('_'))
            if number == self.GROUPS[group - 1][1]:
                indices, size = places[group]
                x = functional.max_unpool2d(x, indices, 2, output_size=size)
            x = self.layer(name, x)
        return x


class Pyramid(nn.Module):
    def __init__(self, channels, bins=(1, 2, 3, 6)):
        super().__init__()
        self.features = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(b), nn.Conv2d(channels, channels // 4, 1, bias=False),
                          nn.BatchNorm2d(channels // 4), nn.ReLU()) for b in bins)

    def forward(self, x):
        return torch.cat([x] + [enlarge(level(x), x.shape[2:]) for level in self.features], 1)


def enlarge(x, size):
    return functional.interpolate(x, size, mode='bilinear', align_corners=True)


def segmenting_head(before, channels, classes, dropout):
    return nn.Sequential(nn.Conv2d(before, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels),
                         nn.ReLU(), nn.Dropout2d(dropout), nn.Conv2d(channels, classes, 1))


class PSPNet(Backbone):
    """In training it gives two results, the second from stage 3."""

    def __init__(self, width, classes, image_channels, stem, dilated, dropout):
        super().__init__(Unit, (3, 4, 6, 3), width, image_channels, stem)
        if dilated:
            self.dilate(self.layer3, 2)
            self.dilate(self.layer4, 4)
        self.ppm = Pyramid(8 * width)
        self.cls = segmenting_head(16 * width, 8 * width, classes, dropout)
        self.aux = segmenting_head(4 * width, 4 * width, classes, dropout)

    @staticmethod
    def dilate(stage, by):
        for module in stage.modules():
            if isinstance(module, nn.Conv2d):
                module.stride = 1, 1
                if module.kernel_size == (3, 3):
                    module.dilation = module.padding = by, by

    def forward(self, x):
        third, fourth = self.features(x)
        output = enlarge(self.cls(self.ppm(fourth)), x.shape[2:])
        return (output, enlarge(self.aux(third), x.shape[2:])) if self.training else output


def resnet(unit, units):
    def make(width=64, classes=10, image_channels=3, stem='imagenet', **_):
        return ResNet(unit, units, width, classes, image_channels, stem)
    return make


def vgg16(width=64, classes=10, image_channels=3, head='cifar', hidden=4096, dropout=.5, **_):
    return VGG16(width, classes, image_channels, head, hidden, dropout)


def unet(width=64, classes=2, image_channels=1, up='transposed', **_):
    return UNet(width, classes, image_channels, up)


def segnet(width=64, classes=2, image_channels=1, **_):
    return SegNet(width, classes, image_channels)


def pspnet(width=64, classes=2, image_channels=1, stem='imagenet', dilated=True, dropout=.1, **_):
    return PSPNet(width, classes, image_channels, stem, dilated, dropout)


resnet34 = resnet(Unit, (3, 4, 6, 3))

# By the graph's name; they take its params.
MAKERS = {'resnet18': resnet(Unit, (2, 2, 2, 2)), 'resnet34': resnet34,
          'resnet50': resnet(Bottleneck, (3, 4, 6, 3)), 'plain34': resnet(PlainUnit, (3, 4, 6, 3)),
          'vgg16': vgg16, 'unet': unet, 'segnet': segnet, 'pspnet-resnet34': pspnet}


def calm(net):
    """With random weights gradients grow from layer to layer, and where a rectifier's input is about zero
    rounding decides whether any passes: ten steps of a deep network would say more about that than about
    it (PyTorch in single precision is then as far from itself in double). So the branches of residual units
    are made weak, and most of what rectifiers read is above zero."""
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.bias.add_(2)
            elif isinstance(module, Bottleneck):
                module.bn3.weight.mul_(.2)
            elif isinstance(module, Unit) and module.short:
                module.bn2.weight.mul_(.2)


def like_torchvision():
    """Names and shapes, at torchvision's sizes. Returns how many networks were compared, 0 without it."""
    try:
        from torchvision import models
    except ImportError:
        return 0
    pairs = [('resnet18', {}, models.resnet18), ('resnet34', {}, models.resnet34),
             ('resnet50', {}, models.resnet50), ('vgg16', {'head': 'imagenet'}, models.vgg16_bn)]
    for name, params, theirs in pairs:
        ours, theirs = (net.state_dict() for net in (MAKERS[name](classes=1000, **params), theirs()))
        if {k: v.shape for k, v in ours.items()} != {k: v.shape for k, v in theirs.items()}:
            raise SystemExit(f'{name} is not as torchvision has it')
    return len(pairs)
