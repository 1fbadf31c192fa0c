using NonLocal.Tensors.Kernels;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// How a window of one, two or three spatial axes slides over a feature map. Every list has one number for each spatial axis.
/// </summary>
/// <param name="Kernel">Window lengths.</param>
/// <param name="Stride">Steps of the window.</param>
/// <param name="PaddingBegin">Zeros before the first position.</param>
/// <param name="PaddingEnd">Zeros after the last position.</param>
/// <param name="Dilation">Distance between neighbouring taps of the window.</param>
/// <param name="Groups">Input and output channels are cut into this many independent parts.</param>
public readonly record struct ConvolutionGeometry(
    Shape Kernel, Shape Stride, Shape PaddingBegin, Shape PaddingEnd, Shape Dilation, int Groups = 1)
{
    /// <summary>How many spatial axes: 1 to 3.</summary>
    public int Rank => Kernel.Rank;

    /// <summary>How many taps the window has.</summary>
    public int Taps => (int)Kernel.Count;

    /// <summary>True for a window of one position without stride or padding: then the convolution is a plain matrix product.</summary>
    public bool IsPointwise => Groups == 1 && Taps == 1 && Stride.Count == 1 && AllZero(PaddingBegin) && AllZero(PaddingEnd);

    /// <summary>A geometry with the same padding on both sides; missing lists are stride 1, padding 0, dilation 1.</summary>
    /// <exception cref="ShapeException">Lists of different lengths, or numbers out of range.</exception>
    public static ConvolutionGeometry Create(
        Shape kernel, Shape? stride = null, Shape? padding = null, Shape? dilation = null, int groups = 1)
    {
        ConvolutionGeometry geometry = new(
            kernel, stride ?? Repeat(1, kernel.Rank), padding ?? Repeat(0, kernel.Rank), padding ?? Repeat(0, kernel.Rank),
            dilation ?? Repeat(1, kernel.Rank), groups);
        geometry.Check();
        return geometry;
    }

    /// <summary>The spatial output lengths for spatial input lengths.</summary>
    /// <exception cref="ShapeException">The window does not fit into the padded input.</exception>
    public Shape OutputPositions(Shape input)
    {
        int[] output = new int[Rank];
        for (int axis = 0; axis < Rank; axis++)
        {
            int padded = input[axis] + PaddingBegin[axis] + PaddingEnd[axis];
            int window = ((Kernel[axis] - 1) * Dilation[axis]) + 1;
            if (padded < window)
            {
                throw new ShapeException(
                    $"a window of {window} along spatial axis {axis} does not fit into {input[axis]} positions "
                    + $"with padding {PaddingBegin[axis]}+{PaddingEnd[axis]}.");
            }

            output[axis] = ((padded - window) / Stride[axis]) + 1;
        }

        return new Shape(output);
    }

    /// <summary>The output shape of a convolution, all sizes checked.</summary>
    /// <param name="input">[batch, positions…, channels].</param>
    /// <param name="weight">[kernel…, input channels / groups, output channels].</param>
    /// <exception cref="ShapeException">The sizes do not fit.</exception>
    public Shape OutputShape(Shape input, Shape weight)
    {
        Check();
        if (input.Rank != Rank + 2)
        {
            throw new ShapeException(
                $"a {Rank}-D window needs a map [batch, {Rank} spatial axes, channels] of rank {Rank + 2}, "
                + $"got {input} of rank {input.Rank}.");
        }

        if (weight.Rank != Rank + 2 || weight[..Rank] != Kernel)
        {
            throw new ShapeException($"weight {weight} does not begin with the kernel {Kernel} and end with input and output channels.");
        }

        if (weight[^2] * Groups != input.Last)
        {
            throw new ShapeException(
                $"the input {input} has {input.Last} channels, but the weight {weight} with {Groups} groups reads {weight[^2] * Groups}.");
        }

        if (weight.Last % Groups != 0)
        {
            throw new ShapeException($"{weight.Last} output channels cannot be cut into {Groups} groups.");
        }

        return new Shape([input[0], .. OutputPositions(input[1..^1]).Span, weight.Last]);
    }

    /// <summary>The weight's shape for given channels: [kernel…, input / groups, output].</summary>
    public Shape WeightShape(int inputChannels, int outputChannels) => Kernel.Append(inputChannels / Groups, outputChannels);

    /// <summary>
    /// What the kernels are told: three axes, the unused ones first. Frames that are convolved one by one are pictures: their axis is one
    /// of the batch.
    /// </summary>
    /// <param name="input">[batch, positions…, channels].</param>
    /// <param name="output">[batch, positions…, channels].</param>
    internal ConvolutionSizes Sizes(Shape input, Shape output)
    {
        ConvolutionAxis[] axes = [ConvolutionAxis.Unused, ConvolutionAxis.Unused, ConvolutionAxis.Unused];
        for (int axis = 0; axis < Rank; axis++)
        {
            axes[3 - Rank + axis] = new ConvolutionAxis(
                input[axis + 1], output[axis + 1], Kernel[axis], Stride[axis], PaddingBegin[axis], Dilation[axis]);
        }

        int batch = input[0];
        if (axes[0] is { Kernel: 1, Stride: 1, Padding: 0 } && axes[0].Input == axes[0].Output)
        {
            batch *= axes[0].Input;
            axes[0] = ConvolutionAxis.Unused;
        }

        return new ConvolutionSizes(batch, input.Last, output.Last, Groups, axes[0], axes[1], axes[2]);
    }

    private static Shape Repeat(int number, int rank) => new([.. Enumerable.Repeat(number, rank)]);

    private static bool AllZero(Shape list) => list.All(number => number == 0);

    private void Check()
    {
        int rank = Kernel.Rank;
        if (rank is < 1 or > 3 || Stride.Rank != rank || PaddingBegin.Rank != rank || PaddingEnd.Rank != rank || Dilation.Rank != rank)
        {
            throw new ShapeException(
                $"kernel {Kernel}, stride {Stride}, padding {PaddingBegin}+{PaddingEnd} and dilation {Dilation} "
                + "must each have one number for each of 1 to 3 spatial axes.");
        }

        if (Kernel.Any(length => length < 1) || Stride.Any(step => step < 1) || Dilation.Any(step => step < 1)
            || PaddingBegin.Any(zeros => zeros < 0) || PaddingEnd.Any(zeros => zeros < 0) || Groups < 1)
        {
            throw new ShapeException(
                $"kernel {Kernel}, stride {Stride}, dilation {Dilation} and groups {Groups} must be at least 1, "
                + $"padding {PaddingBegin}+{PaddingEnd} at least 0.");
        }
    }
}
