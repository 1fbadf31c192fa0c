using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Attention;

/// <summary>Feature maps as tables of positions: [batch, positions…, channels] seen as [batch, N, channels].</summary>
internal static class Positions
{
    /// <summary>[batch, N, channels]; costs nothing.</summary>
    public static Value Flatten(Value x) => x.Reshape([x.Shape[0], Count(x.Shape), x.Shape.Last]);

    /// <summary>Sends every position through a layer of 1×1 convolutions whose kernels have some number of axes.</summary>
    /// <returns>[batch, N, 1…, channels], as many axes between as the kernels have.</returns>
    public static Value Through(Layer layer, Value x, int dimensions) => layer.Forward(Spread(x, dimensions));

    /// <summary>[batch, N, 1…, channels] with the given number of axes between.</summary>
    public static Value Spread(Value x, int dimensions)
    {
        Shape shape = [x.Shape[0], Count(x.Shape), .. Enumerable.Repeat(1, dimensions - 1), x.Shape.Last];
        return x.Reshape(shape);
    }

    /// <summary>Throws unless this is a map of one to three spatial axes with the right channels.</summary>
    public static void Check(Value x, int channels, string block)
    {
        if (x.Shape.Rank is < 3 or > 5 || x.Shape.Last != channels)
        {
            throw new ShapeException(
                x.Graph.Layer, block, $"expects a map [batch, (time,) (height,) width, {channels}], got {x.Shape}.");
        }
    }

    /// <summary>Chosen rows of [batch, N, channels]: [batch, rows, channels].</summary>
    /// <exception cref="ArgumentOutOfRangeException">A row that does not exist.</exception>
    public static Value Rows(Value table, ReadOnlySpan<int> rows)
    {
        (int batch, int count) = (table.Shape[0], table.Shape[1]);
        Tensor numbers = new([batch * rows.Length]);
        for (int i = 0; i < numbers.Length; i++)
        {
            (int sample, int place) = Math.DivRem(i, rows.Length);
            ArgumentOutOfRangeException.ThrowIfNegative(rows[place], nameof(rows));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rows[place], count, nameof(rows));
            numbers.Span[i] = (sample * count) + rows[place];
        }

        Value flat = table.Reshape([batch * count, table.Shape.Last]);
        return flat.GatherRows(table.Graph.Constant(numbers)).Reshape([batch, rows.Length, table.Shape.Last]);
    }

    private static int Count(Shape shape) => checked((int)shape[1..^1].Count);
}
