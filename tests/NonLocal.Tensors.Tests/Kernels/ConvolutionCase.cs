using NonLocal.Tensors.Kernels;

namespace NonLocal.Tensors.Tests.Kernels;

/// <summary>A convolution with random geometry and content, and what plain loops in double make of it.</summary>
internal sealed class ConvolutionCase
{
    public ConvolutionCase(Random random, int groups, int groupInputs, int groupOutputs, int spatialAxes)
    {
        Sizes = new ConvolutionSizes(
            random.Next(1, 4),
            groups * groupInputs,
            groups * groupOutputs,
            groups,
            spatialAxes > 2 ? Axis(random, 5) : ConvolutionAxis.Unused,
            spatialAxes > 1 ? Axis(random, 8) : ConvolutionAxis.Unused,
            Axis(random, 12));
    }

    public ConvolutionCase(ConvolutionSizes sizes) => Sizes = sizes;

    public ConvolutionSizes Sizes { get; }

    /// <summary>An axis with output length from the usual formula (the padding behind may differ from that before).</summary>
    public static ConvolutionAxis Axis(int input, int kernel, int stride, int before, int after, int dilation) =>
        new(input, ((input + before + after - (((kernel - 1) * dilation) + 1)) / stride) + 1, kernel, stride, before, dilation);

    /// <summary>output, input gradient and weight gradient, each [rows, channels], for given x, w and output gradient.</summary>
    public (double[,,] Output, double[,,] InputGradient, double[,,] WeightGradient) Expected(GuardedTable x, GuardedTable w, GuardedTable g)
    {
        double[,,] y = new double[1, Sizes.OutputPositions, Sizes.OutputChannels];
        double[,,] gx = new double[1, Sizes.InputPositions, Sizes.InputChannels];
        double[,,] gw = new double[1, Sizes.Taps * Sizes.GroupInputs, Sizes.OutputChannels];
        (double[,,] xs, double[,,] ws, double[,,] gs) = (x.ToDoubles(), w.ToDoubles(), g.ToDoubles());
        (int inputs, int outputs) = (Sizes.GroupInputs, Sizes.GroupOutputs);
        foreach ((int p, int q, int tap) in Pairs())
        {
            for (int o = 0; o < Sizes.OutputChannels; o++)
            {
                int firstChannel = o / outputs * inputs;
                for (int c = 0; c < inputs; c++)
                {
                    int row = (tap * inputs) + c;
                    y[0, p, o] += xs[0, q, firstChannel + c] * ws[0, row, o];
                    gx[0, q, firstChannel + c] += gs[0, p, o] * ws[0, row, o];
                    gw[0, row, o] += gs[0, p, o] * xs[0, q, firstChannel + c];
                }
            }
        }

        return (y, gx, gw);
    }

    public override string ToString() => Sizes.ToString();

    private static ConvolutionAxis Axis(Random random, int most)
    {
        int kernel = random.Next(1, 5);
        int dilation = random.Next(1, 4);
        int before = random.Next(0, 4);
        int after = random.Next(0, 4);
        int window = ((kernel - 1) * dilation) + 1;
        return Axis(Math.Max(1, window - before - after) + random.Next(0, most), kernel, random.Next(1, 5), before, after, dilation);
    }

    // Output position, input position and tap, wherever the tap does not read padding.
    private IEnumerable<(int Output, int Input, int Tap)> Pairs()
    {
        for (int n = 0; n < Sizes.Batch; n++)
        {
            foreach ((int p0, int q0, int t0) in Along(Sizes.Axis0))
            {
                foreach ((int p1, int q1, int t1) in Along(Sizes.Axis1))
                {
                    foreach ((int p2, int q2, int t2) in Along(Sizes.Axis2))
                    {
                        yield return (
                            (((((n * Sizes.Axis0.Output) + p0) * Sizes.Axis1.Output) + p1) * Sizes.Axis2.Output) + p2,
                            (((((n * Sizes.Axis0.Input) + q0) * Sizes.Axis1.Input) + q1) * Sizes.Axis2.Input) + q2,
                            (((t0 * Sizes.Axis1.Kernel) + t1) * Sizes.Axis2.Kernel) + t2);
                    }
                }
            }
        }
    }

    private static IEnumerable<(int Output, int Input, int Tap)> Along(ConvolutionAxis axis)
    {
        for (int p = 0; p < axis.Output; p++)
        {
            for (int t = 0; t < axis.Kernel; t++)
            {
                int q = (p * axis.Stride) + (t * axis.Dilation) - axis.Padding;
                if (q >= 0 && q < axis.Input)
                {
                    yield return (p, q, t);
                }
            }
        }
    }
}
