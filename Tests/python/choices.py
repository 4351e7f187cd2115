"""Elements that a random write chooses, as h5py and as the interface have them; and writing them with h5py."""

import itertools

import h5py
import numpy as np
from h5py import h5s, h5t


class Choice:
    """What an operation says (`told`), h5py's index, and the places one by one where h5py has no index for them."""

    def __init__(self, told, index, shape, places):
        self.told, self.index, self.shape, self.places = told, index, shape, places


def chosen(rnd, shape):
    """A choice of at least one element, or None."""
    way = rnd.choice((slices, slices, slices, listed, points, mask) if shape and 0 not in shape else (slices,))
    return way(rnd, shape)


def slices(rnd, shape, but=None, chosen_there=None):
    """Slices and indices in each dimension; in the dimension `but` what is given."""
    index, axes, drops = [], [], []
    for dimension, size in enumerate(shape):
        if dimension == but:
            index.append(chosen_there)
            axes.append([number % size for number in chosen_there])
            drops.append(False)
        elif size and rnd.random() < 0.2:
            index.append(rnd.randrange(-size, size))
            axes.append([index[-1] % size])
            drops.append(True)
        else:
            first, step = rnd.randrange(size + 1), rnd.choice((1, 1, 1, 2, 3))
            last = rnd.randrange(first, size + 1)
            index.append(slice(first, last, step))
            axes.append(range(first, last, step))
            drops.append(False)
    counts = tuple(len(axis) for axis, drop in zip(axes, drops) if not drop)
    if 0 in counts:
        return None
    told = {"op": "write", "select": ",".join(map(expression, index))}
    return Choice(told, tuple(index), counts, list(itertools.product(*axes)))


def expression(part):
    """One dimension of `select`."""
    if isinstance(part, slice):
        return f"{part.start}:{part.stop}:{part.step}"
    return str(part).replace(" ", "")


def listed(rnd, shape):
    """A list of indices in one dimension, some of which count from the end."""
    dimension = rnd.randrange(len(shape))
    size = shape[dimension]
    found = sorted(rnd.sample(range(size), rnd.randint(1, size)))
    return slices(rnd, shape, dimension, [number - size if rnd.random() < 0.3 else number for number in found])


def points(rnd, shape):
    """Points in any order, some of them twice; h5py has no such thing, and writes them one after another."""
    found = [tuple(map(rnd.randrange, shape)) for _ in range(rnd.choice((1, 2, 5)))]
    told = {"op": "points", "points": [list(point) for point in found]}
    return Choice(told, None, (len(found),), found)


def mask(rnd, shape):
    found = np.array([rnd.random() < 0.4 for _ in range(int(np.prod(shape)))], bool).reshape(shape)
    if not found.any():
        return None
    places = [tuple(map(int, place)) for place in np.argwhere(found)]
    return Choice({"op": "mask", "mask": found.tolist()}, found, (len(places),), places)


def put(dataset, choice, value):
    """Writes what is chosen with h5py."""
    by_index = isinstance(choice.index, tuple) and not any(isinstance(part, list) for part in choice.index)
    if by_index or choice.index is not None and not h5py.check_vlen_dtype(dataset.dtype):
        return assign(dataset, choice.index, value)
    elements = value.reshape(-1, *value.shape[len(choice.shape):])
    for number, place in enumerate(choice.places):
        assign(dataset, place, elements[number : number + 1].reshape(elements.shape[1:]))


def assign(dataset, index, value):
    """`dataset[index] = value`, also where h5py takes an element for a list."""
    if not h5py.check_vlen_dtype(dataset.dtype):
        dataset[index] = value
        return
    space = dataset.id.get_space()
    if dataset.ndim:
        parts = [slice(*part.indices(size)) if isinstance(part, slice) else slice(part % size, part % size + 1, 1)
                 for part, size in zip(index or (slice(None),) * dataset.ndim, dataset.shape)]
        counts = tuple(len(range(part.start, part.stop, part.step)) for part in parts)
        space.select_hyperslab(tuple(p.start for p in parts), counts, tuple(p.step for p in parts))
    memory = h5s.create_simple(value.shape) if value.ndim else h5s.create(h5s.SCALAR)
    dataset.id.write(memory, space, value, h5t.py_create(dataset.dtype))
