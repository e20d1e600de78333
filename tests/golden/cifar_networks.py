"""The networks of graphs/ that were made for CIFAR as PyTorch modules, written from the papers that the graph
files name. Their parameters' names are those of the graph files."""
import torch
from torch import nn
from torch.nn import functional


def conv(before, after, kernel=3, stride=1):
    return nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)


def stage(unit, before, after, count, stride):
    return nn.Sequential(unit(before, after, stride), *(unit(after, after, 1) for _ in range(count - 1)))


class Residual(nn.Module):
    """Option A: where the shape changes, every other pixel, between zeros."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(before, after, stride=stride), nn.BatchNorm2d(after)
        self.conv2, self.bn2 = conv(after, after), nn.BatchNorm2d(after)
        self.stride, self.more = stride, after - before

    def short(self, x):
        return functional.pad(x[:, :, ::self.stride, ::self.stride],
                              (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.short(x))


class ResidualB(Residual):
    """Option B: there a convolution."""

    def __init__(self, before, after, stride):
        super().__init__(before, after, stride)
        if stride > 1:
            self.shortcut = nn.Sequential(conv(before, after, 1, stride), nn.BatchNorm2d(after))

    def short(self, x):
        return self.shortcut(x) if self.stride > 1 else x


class ResNet20(nn.Module):
    def __init__(self, classes, units, width, option):
        super().__init__()
        unit = {'A': Residual, 'B': ResidualB}[option]
        self.conv1, self.bn1 = conv(3, width), nn.BatchNorm2d(width)
        self.layer1 = stage(unit, width, width, units, 1)
        self.layer2 = stage(unit, width, 2 * width, units, 2)
        self.layer3 = stage(unit, 2 * width, 4 * width, units, 2)
        self.linear = nn.Linear(4 * width, classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


class Before(nn.Module):
    """A unit with normalisation and activation before each convolution. Where the shape changes both paths
    begin behind the first of these."""

    def __init__(self, before, after, stride, short='shortcut'):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(before), conv(before, after, stride=stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(after), conv(after, after)
        self.same, self.short = before == after and stride == 1, short
        if not self.same:
            other = conv(before, after, 1, stride)
            setattr(self, short, nn.Sequential(other) if short == 'shortcut' else other)

    def forward(self, x):
        y = torch.relu(self.bn1(x))
        short = x if self.same else getattr(self, self.short)(y)
        return self.conv2(torch.relu(self.bn2(self.conv1(y)))) + short


class PreActResNet18(nn.Module):
    def __init__(self, classes, width, last):
        super().__init__()
        self.conv1 = conv(3, width)
        self.layer1 = stage(Before, width, width, 2, 1)
        for i in range(1, 4):
            setattr(self, f'layer{i + 1}', stage(Before, width << i - 1, width << i, 2, 2))
        if last:
            self.bn = nn.BatchNorm2d(8 * width)
        self.linear = nn.Linear(8 * width, classes)

    def forward(self, x):
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.conv1(x)))))
        if hasattr(self, 'bn'):
            x = torch.relu(self.bn(x))
        return self.linear(x.mean((2, 3)))


class WideResNet(nn.Module):
    def __init__(self, classes, units, widen):
        super().__init__()

        def unit(before, after, stride):
            return Before(before, after, stride, 'convShortcut')
        widths = [16, 16 * widen, 32 * widen, 64 * widen]
        self.conv1 = conv(3, 16)
        for i in range(1, 4):
            block = nn.Module()
            block.layer = stage(unit, widths[i - 1], widths[i], units, 1 if i == 1 else 2)
            setattr(self, f'block{i}', block)
        self.bn1 = nn.BatchNorm2d(widths[3])
        self.fc = nn.Linear(widths[3], classes)

    def forward(self, x):
        x = self.block3.layer(self.block2.layer(self.block1.layer(self.conv1(x))))
        return self.fc(torch.relu(self.bn1(x)).mean((2, 3)))


class DenseLayer(nn.Module):
    def __init__(self, before, growth):
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(before), conv(before, 4 * growth, 1)
        self.norm2, self.conv2 = nn.BatchNorm2d(4 * growth), conv(4 * growth, growth)

    def forward(self, x):
        y = self.conv1(torch.relu(self.norm1(x)))
        return torch.cat((x, self.conv2(torch.relu(self.norm2(y)))), 1)


class Transition(nn.Module):
    def __init__(self, before):
        super().__init__()
        self.norm, self.conv = nn.BatchNorm2d(before), conv(before, before // 2, 1)

    def forward(self, x):
        return functional.avg_pool2d(self.conv(torch.relu(self.norm(x))), 2)


class DenseNetBC(nn.Module):
    def __init__(self, classes, growth, layers):
        super().__init__()
        channels = 2 * growth
        self.features = nn.Sequential()
        self.features.add_module('conv0', conv(3, channels))
        for b in range(1, 4):
            block = nn.Sequential()
            for i in range(1, layers + 1):
                block.add_module(f'denselayer{i}', DenseLayer(channels, growth))
                channels += growth
            self.features.add_module(f'denseblock{b}', block)
            if b < 3:
                self.features.add_module(f'transition{b}', Transition(channels))
                channels //= 2
        self.features.add_module('norm_final', nn.BatchNorm2d(channels))
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x):
        return self.classifier(torch.relu(self.features(x)).mean((2, 3)))


def resnet20(num_classes, units=3, width=16, option='A'):
    return ResNet20(num_classes, units, width, option)


def preact_resnet18(num_classes, width=64, last=True):
    return PreActResNet18(num_classes, width, last)


def wrn_28_10(num_classes, units=4, widen=10):
    return WideResNet(num_classes, units, widen)


def densenet_bc(num_classes, growth=12, layers=16):
    return DenseNetBC(num_classes, growth, layers)
