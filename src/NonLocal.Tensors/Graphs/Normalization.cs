using System.Numerics;
using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// Normalises groups of channels of each sample of [batch, positions…, channels] to mean 0 and variance 1, then scales and shifts each
/// channel: y = (x − mean)/√(variance + ε) · scale + shift. Inputs: x, then nothing, or scale [channels], or scale and shift.
/// Outputs: y, mean [batch, groups], variance [batch, groups] (divided by the count, not by the count less one).
/// </summary>
/// <remarks>
/// The one operation behind batch, layer, group and instance norm: see <see cref="NormalizationExtensions"/>. Its outputs mean and
/// variance are graph values from which a layer updates its running statistics.
/// </remarks>
/// <param name="Groups">Into how many groups of neighbouring channels each sample is cut.</param>
/// <param name="Epsilon">Added to the variance.</param>
public sealed record Normalization(int Groups, double Epsilon) : Operation
{
    /// <inheritdoc/>
    public override string Name => "normalization";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        if (inputs.Length is < 1 or > 3)
        {
            throw new ShapeException($"takes 1 to 3 inputs (map, scale, shift), got {inputs.Length}.");
        }

        Check(inputs[0], inputs[1..]);
        Shape statistics = [inputs[0][0], Groups];
        return [inputs[0], statistics, statistics];
    }

    /// <inheritdoc/>
    public override bool MayOverwrite(int input) => input == 0;

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> x = evaluation.Input(0);
        Span<T> y = evaluation.Output(0);
        NormalizationSize size = Size(evaluation.InputShape(0));
        T epsilon = T.CreateChecked(Epsilon);
        T count = T.CreateChecked(size.GroupCount);
        for (int block = 0; block < size.Batch * size.Groups; block++)
        {
            T sum = T.Zero;
            foreach (int i in new GroupElements(size, block))
            {
                sum += x[i];
            }

            T mean = sum / count;
            T squares = T.Zero;
            foreach (int i in new GroupElements(size, block))
            {
                squares += (x[i] - mean) * (x[i] - mean);
            }

            T variance = squares / count;
            evaluation.Output(1)[block] = mean;
            evaluation.Output(2)[block] = variance;
            foreach (int i in new GroupElements(size, block))
            {
                T normal = (x[i] - mean) / T.Sqrt(variance + epsilon);
                T scale = evaluation.InputCount > 1 ? evaluation.Input(1)[i % size.Columns] : T.One;
                T shift = evaluation.InputCount > 2 ? evaluation.Input(2)[i % size.Columns] : T.Zero;
                y[i] = (normal * scale) + shift;
            }
        }
    }

    /// <inheritdoc/>
    public override Value?[] Differentiate(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Value x = node.Inputs[0];
        Value?[] gradients = new Value?[node.Inputs.Count];
        if (outputGradients[0] is { } g)
        {
            Value[] operands = [x, g, node.Outputs[1], node.Outputs[2], .. node.Inputs.Skip(1).Take(1)];
            Node backward = x.Graph.Add(new NormalizationGradient(Groups, Epsilon), operands);
            for (int i = 0; i < gradients.Length; i++)
            {
                gradients[i] = backward.Outputs[i];
            }
        }

        if (outputGradients[1] is { } gMean)
        {
            AddTo(ref gradients[0], Spread(gMean, x) * (1 / Size(x.Shape).GroupCount));
        }

        if (outputGradients[2] is { } gVariance)
        {
            AddTo(ref gradients[0], (x - Spread(node.Outputs[1], x)) * Spread(gVariance, x) * (2 / Size(x.Shape).GroupCount));
        }

        return gradients;
    }

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        Operand x = binding.Inputs[0];
        Operand? scale = binding.Inputs.Count > 1 ? binding.Inputs[1] : null;
        Operand? shift = binding.Inputs.Count > 2 ? binding.Inputs[2] : null;
        Operand y = binding.Outputs[0];
        Operand mean = binding.Outputs[1];
        Operand variance = binding.Outputs[2];
        NormalizationSize size = Size(x.Shape);
        WorkerPool pool = binding.Pool;
        if (size.IsByRow)
        {
            return () => RowNormalization.Run(
                pool, size, x.Pointer, Address(scale), Address(shift), y.Pointer, mean.Pointer, variance.Pointer);
        }

        Operand scratch = binding.Scratch(ColumnNormalization.ScratchFloats(size));
        return () => ColumnNormalization.Run(
            pool, size, x.Pointer, Address(scale), Address(shift), y.Pointer, mean.Pointer, variance.Pointer, scratch.Pointer);
    }

    internal static unsafe float* Address(Operand? operand) => operand is null ? null : operand.Pointer;

    internal NormalizationSize Size(Shape map) => new(map[0], map[1..^1].Count, map.Last, Groups, Epsilon);

    private static void AddTo(ref Value? sum, Value more) => sum = sum is null ? more : sum + more;

    // A number for each group of each sample, repeated over the map.
    private Value Spread(Value statistics, Value x)
    {
        int[] grouped = [x.Shape[0], .. Enumerable.Repeat(1, x.Shape.Rank - 2), Groups, 1];
        int[] repeated = [x.Shape[0], .. Enumerable.Repeat(1, x.Shape.Rank - 2), Groups, x.Shape.Last / Groups];
        Value perChannel = statistics.Reshape(new Shape(grouped)).BroadcastTo(new Shape(repeated));
        return perChannel.Reshape(new Shape([.. repeated[..^2], x.Shape.Last])).BroadcastTo(x.Shape);
    }

    private void Check(Shape map, ReadOnlySpan<Shape> affine)
    {
        if (map.Rank < 2)
        {
            throw new ShapeException($"needs a map [batch, positions…, channels], got {map}.");
        }

        if (Groups < 1 || map.Last % Groups != 0)
        {
            throw new ShapeException($"{map.Last} channels cannot be cut into {Groups} equal groups.");
        }

        foreach (Shape shape in affine)
        {
            if (shape != new Shape(map.Last))
            {
                throw new ShapeException($"scale and shift need shape {map.Last} for a map {map} with {map.Last} channels, got {shape}.");
            }
        }
    }
}

/// <summary>
/// The gradients of <see cref="Normalization"/>. Inputs: x, the result's gradient, mean, variance, and the scale if there was one.
/// Outputs: gradients of x, scale and shift.
/// </summary>
/// <param name="Groups">As forward.</param>
/// <param name="Epsilon">As forward.</param>
public sealed record NormalizationGradient(int Groups, double Epsilon) : Operation
{
    /// <inheritdoc/>
    public override string Name => "normalization gradient";

    /// <inheritdoc/>
    public override Shape[] InferShapes(ReadOnlySpan<Shape> inputs)
    {
        if (inputs.Length is < 4 or > 5)
        {
            throw new ShapeException($"takes 4 or 5 inputs (map, gradient, mean, variance, scale), got {inputs.Length}.");
        }

        if (inputs[0] != inputs[1])
        {
            throw new ShapeException($"the gradient has shape {inputs[1]}, expected that of the map, {inputs[0]}.");
        }

        Shape columns = new(inputs[0].Last);
        return [inputs[0], columns, columns];
    }

    /// <inheritdoc/>
    public override bool MayOverwrite(int input) => input is 0 or 1;

    /// <inheritdoc/>
    public override void Define<T>(Evaluation<T> evaluation)
    {
        ReadOnlySpan<T> x = evaluation.Input(0);
        ReadOnlySpan<T> g = evaluation.Input(1);
        NormalizationSize size = new Normalization(Groups, Epsilon).Size(evaluation.InputShape(0));
        T count = T.CreateChecked(size.GroupCount);
        evaluation.Output(1).Clear();
        evaluation.Output(2).Clear();
        for (int block = 0; block < size.Batch * size.Groups; block++)
        {
            T mean = evaluation.Input(2)[block];
            T factor = T.One / T.Sqrt(evaluation.Input(3)[block] + T.CreateChecked(Epsilon));
            T a = T.Zero;
            T b = T.Zero;
            foreach (int i in new GroupElements(size, block))
            {
                int channel = i % size.Columns;
                T normal = (x[i] - mean) * factor;
                evaluation.Output(1)[channel] += g[i] * normal;
                evaluation.Output(2)[channel] += g[i];
                a += Scale(evaluation, channel) * g[i];
                b += Scale(evaluation, channel) * g[i] * normal;
            }

            foreach (int i in new GroupElements(size, block))
            {
                T normal = (x[i] - mean) * factor;
                evaluation.Output(0)[i] = factor * ((Scale(evaluation, i % size.Columns) * g[i]) - (a / count) - (normal * b / count));
            }
        }
    }

    /// <inheritdoc/>
    public override unsafe Step? Bind(Binding binding)
    {
        IReadOnlyList<Operand> inputs = binding.Inputs;
        IReadOnlyList<Operand> outputs = binding.Outputs;
        (Operand x, Operand g, Operand mean, Operand variance) = (inputs[0], inputs[1], inputs[2], inputs[3]);
        (Operand gx, Operand gScale, Operand gShift) = (outputs[0], outputs[1], outputs[2]);
        Operand? scale = inputs.Count > 4 ? inputs[4] : null;
        NormalizationSize size = new Normalization(Groups, Epsilon).Size(x.Shape);
        WorkerPool pool = binding.Pool;
        if (size.IsByRow)
        {
            Operand partials = binding.Scratch(RowNormalizationGradient.ScratchFloats(size));
            return () => RowNormalizationGradient.Run(
                pool, size, x.Pointer, g.Pointer, mean.Pointer, variance.Pointer,
                Normalization.Address(scale), gx.Pointer, gScale.Pointer, gShift.Pointer,
                partials.Pointer);
        }

        Operand scratch = binding.Scratch(ColumnNormalizationGradient.ScratchFloats(size));
        return () => ColumnNormalizationGradient.Run(
            pool, size, x.Pointer, g.Pointer, mean.Pointer, variance.Pointer,
            Normalization.Address(scale), gx.Pointer, gScale.Pointer, gShift.Pointer,
            scratch.Pointer);
    }

    private static T Scale<T>(Evaluation<T> evaluation, int channel)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => evaluation.InputCount > 4 ? evaluation.Input(4)[channel] : T.One;
}

/// <summary>For literal definitions: the element numbers of one group of one sample.</summary>
internal ref struct GroupElements(NormalizationSize size, int block)
{
    private readonly int start = (int)(block / size.Groups * size.Rows * size.Columns) + (block % size.Groups * size.GroupColumns);
    private int next = -1;

    public readonly int Current => start + (next / size.GroupColumns * size.Columns) + (next % size.GroupColumns);

    public readonly GroupElements GetEnumerator() => this;

    public bool MoveNext() => ++next < size.Rows * size.GroupColumns;
}
