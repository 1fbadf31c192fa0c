using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>
/// A map cut into blocks of a given size, in two orders: positions with the same place in their blocks together (they lie far apart), or
/// the positions of one block together. A map that the blocks do not fill has zeros around it, one less before than after.
/// </summary>
internal sealed class Interlacing
{
    private readonly Shape partition;
    private readonly Shape blocks;
    private readonly Shape begin;
    private readonly Shape end;

    /// <summary>The orders of one map.</summary>
    /// <param name="x">[batch, positions…, channels].</param>
    /// <param name="partition">The size of a block along each spatial axis; one number serves all.</param>
    /// <exception cref="ShapeException">The partition has other axes than the map.</exception>
    public Interlacing(Value x, Shape partition)
    {
        int axes = x.Shape.Rank - 2;
        this.partition = partition.Rank == 1 ? [.. Enumerable.Repeat(partition[0], axes)] : partition;
        if (this.partition.Rank != axes)
        {
            throw new ShapeException(
                x.Graph.Layer,
                "interlacing",
                $"blocks of {partition} have {partition.Rank} axes, the map {x.Shape} has {axes} spatial axes.");
        }

        blocks = [.. x.Shape[1..^1].Zip(this.partition, (length, size) => (length + size - 1) / size)];
        int[] added = [.. Enumerable.Range(0, axes).Select(axis => checked(blocks[axis] * this.partition[axis]) - x.Shape[axis + 1])];
        begin = [0, .. added.Select(places => places / 2), 0];
        end = [0, .. added.Select(places => places - (places / 2)), 0];
    }

    /// <summary>Attention over long distances, then within blocks.</summary>
    /// <param name="x">[batch, positions…, channels].</param>
    /// <param name="far">Is given [batch · places in a block, blocks, channels].</param>
    /// <param name="near">Is given [batch · blocks, places in a block, channels].</param>
    /// <param name="maps">Gets the weights of both, if it is there.</param>
    public Value Apply(Value x, GroupAttention far, GroupAttention near, List<Value>? maps) =>
        Restore(near.Forward(Near(far.Forward(Far(x), maps), x.Shape[0]), maps), x.Shape);

    /// <summary>[batch · places in a block, blocks, channels].</summary>
    public Value Far(Value x)
    {
        int[] axes = [.. Enumerable.Range(0, blocks.Rank)];
        Shape shape = [x.Shape[0], .. axes.SelectMany(axis => (int[])[blocks[axis], partition[axis]]), x.Shape.Last];
        Value cut = x.Pad(begin, end).Reshape(shape);
        int[] order = [0, .. axes.Select(axis => (2 * axis) + 2), .. axes.Select(axis => (2 * axis) + 1), shape.Rank - 1];
        return cut.Permute(order).Reshape([checked((int)(x.Shape[0] * partition.Count)), (int)blocks.Count, x.Shape.Last]);
    }

    /// <summary>From the order of <see cref="Far"/> to [batch · blocks, places in a block, channels].</summary>
    public Value Near(Value far, int batch) => far
        .Reshape([batch, (int)partition.Count, (int)blocks.Count, far.Shape.Last])
        .Permute(0, 2, 1, 3)
        .Reshape([checked((int)(batch * blocks.Count)), (int)partition.Count, far.Shape.Last]);

    /// <summary>From the order of <see cref="Near"/> to the map, without its border.</summary>
    public Value Restore(Value near, Shape map)
    {
        int axes = blocks.Rank;
        Value cut = near.Reshape([map[0], .. blocks, .. partition, near.Shape.Last]);
        int[] order = [0, .. Enumerable.Range(0, axes).SelectMany(axis => (int[])[axis + 1, axis + 1 + axes]), (2 * axes) + 1];
        Shape padded = [map[0], .. blocks.Zip(partition, (count, size) => count * size), near.Shape.Last];
        return cut.Permute(order).Reshape(padded).Slice(begin, map.With(^1, near.Shape.Last));
    }

    /// <summary>What one position reads over both passes, [batch, 1, N].</summary>
    /// <param name="far">[batch · places in a block, blocks, blocks].</param>
    /// <param name="near">[batch · blocks, places in a block, places in a block].</param>
    /// <param name="map">The map's shape.</param>
    /// <param name="position">Row-major in the map.</param>
    public Value Row(Value far, Value near, Shape map, int position)
    {
        (int places, int count) = ((int)partition.Count, (int)blocks.Count);
        (int block, int place) = Locate(map, position);
        Value within = near.Reshape([map[0], count, places, places]).Slice([0, block, place, 0], [map[0], 1, 1, places]);
        Value across = far.Reshape([map[0], places, count, count]).Slice([0, 0, block, 0], [map[0], places, 1, count]);
        Value both = within.Reshape([map[0], places, 1]) * across.Reshape([map[0], places, count]);
        Value row = Restore(both.Transpose().Reshape([map[0] * count, places, 1]), map.With(^1, 1));
        return row.Reshape([map[0], 1, (int)map[1..^1].Count]);
    }

    // The block of a position, and its place there.
    private (int Block, int Place) Locate(Shape map, int position)
    {
        (int block, int place) = (0, 0);
        for (int axis = 0; axis < blocks.Rank; axis++)
        {
            int at = (position / (int)map[(axis + 2)..^1].Count % map[axis + 1]) + begin[axis + 1];
            block = (block * blocks[axis]) + (at / partition[axis]);
            place = (place * partition[axis]) + (at % partition[axis]);
        }

        return (block, place);
    }
}
