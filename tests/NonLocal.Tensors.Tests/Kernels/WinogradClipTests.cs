using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Kernels;

// Clips, by the measure of WinogradConvolutionTests: maps without negative numbers, whose errors do not cancel.
[Trait("Category", "Kernels")]
public unsafe class WinogradClipTests
{
    [Theory]
    [InlineData(8, 12, 16)]
    [InlineData(4, 28, 32)]
    [InlineData(4, 14, 256)]
    public void Winograd_WindowOfThreeFrames_WithinFiveMillionthsOfDouble(int frames, int length, int channels)
    {
        Random random = new(length);
        ConvolutionAxis time = ConvolutionCase.Axis(frames, 3, 1, 1, 1, 1);
        ConvolutionAxis axis = ConvolutionCase.Axis(length, 3, 1, 1, 1, 1);
        ConvolutionSizes sizes = new(1, channels, channels, 1, time, axis, axis);
        Assert.True(WinogradConvolution.Suits(WindowGrid.Forward(sizes), 1, channels, channels));
        Assert.Equal(SimdWidth.Is512, WinogradWeightGradient.Suits(sizes));
        float[] x = [.. Enumerable.Range(0, sizes.InputPositions * channels).Select(_ => Math.Max(0, random.NextSingle() - 0.5f))];
        float[] w = [.. Enumerable.Range(0, sizes.Taps * channels * channels).Select(_ => random.NextSingle() - 0.5f)];
        float[] g = [.. Enumerable.Range(0, sizes.OutputPositions * channels).Select(_ => random.NextSingle() - 0.5f)];
        float[] y = new float[g.Length];
        float[] gw = new float[w.Length];
        using WorkerPool pool = new(2);
        using GuardedScratch packed = new(ConvolutionKernels.PackedFloats(sizes));
        using GuardedScratch scratch = new(Math.Max(
            ConvolutionKernels.ForwardScratch(sizes, pool.Threads), ConvolutionKernels.WeightGradientScratch(sizes, pool.Threads)));
        fixed (float* input = x, weight = w, output = y, gradient = g, weightGradient = gw)
        {
            ConvolutionKernels.Pack(pool, sizes, weight, packed.Address);
            ConvolutionKernels.Forward(pool, sizes, input, weight, packed.Address, output, default, scratch.Address);
            ConvolutionKernels.WeightGradient(pool, sizes, input, gradient, weightGradient, scratch.Address);
        }

        // Some numbers of each tell as much as all.
        AssertClose(y, i => Output(x, w, sizes, i / channels, i % channels), "output");
        AssertClose(gw, i => Gradient(x, g, sizes, i / (channels * channels), i / channels % channels, i % channels), "weight gradient");
    }

    // Windows of one position, of I3D on ResNet-50.
    [Theory]
    [InlineData(8, 14, 256, 64)]
    [InlineData(4, 14, 512, 128)]
    [InlineData(4, 7, 1024, 256)]
    public void WinogradFrames_ShapeOfResNet50_WithinFiveMillionthsOfDouble(int frames, int length, int channels, int columns)
    {
        Random random = new(channels);
        ConvolutionAxis time = ConvolutionCase.Axis(frames, 3, 1, 1, 1, 1);
        ConvolutionAxis axis = ConvolutionCase.Axis(length, 1, 1, 0, 0, 1);
        ConvolutionSizes sizes = new(1, channels, columns, 1, time, axis, axis);
        Assert.True(WinogradFrames.Suits(WindowGrid.Forward(sizes), 1, channels, columns));
        float[] x = [.. Enumerable.Range(0, sizes.InputPositions * channels).Select(_ => Math.Max(0, random.NextSingle() - 0.5f))];
        float[] w = [.. Enumerable.Range(0, sizes.Taps * channels * columns).Select(_ => random.NextSingle() - 0.5f)];
        float[] y = new float[sizes.OutputPositions * columns];
        using WorkerPool pool = new(2);
        using GuardedScratch packed = new(ConvolutionKernels.PackedFloats(sizes));
        using GuardedScratch scratch = new(ConvolutionKernels.ForwardScratch(sizes, pool.Threads));
        fixed (float* input = x, weight = w, output = y)
        {
            ConvolutionKernels.Pack(pool, sizes, weight, packed.Address);
            ConvolutionKernels.Forward(pool, sizes, input, weight, packed.Address, output, default, scratch.Address);
        }

        AssertClose(y, i => OfFrames(x, w, sizes, i / columns, i % columns), "output");
    }

    private static double OfFrames(float[] x, float[] w, ConvolutionSizes sizes, int position, int column)
    {
        (int channels, int columns, int plane) = (sizes.InputChannels, sizes.OutputChannels, sizes.Axis1.Input * sizes.Axis2.Input);
        double sum = 0;
        for (int tap = 0; tap < 3; tap++)
        {
            int from = position + ((tap - 1) * plane);
            for (int c = 0; from >= 0 && from < sizes.InputPositions && c < channels; c++)
            {
                sum += (double)x[(from * channels) + c] * w[(((tap * channels) + c) * columns) + column];
            }
        }

        return sum;
    }

    private static void AssertClose(float[] actual, Func<int, double> expected, string what)
    {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < actual.Length; i += 1 + (actual.Length / 503))
        {
            double exact = expected(i);
            difference += (actual[i] - exact) * (actual[i] - exact);
            size += exact * exact;
        }

        double error = Math.Sqrt(difference / size);
        Assert.True(error <= 5e-6, $"{what}: error {error:E2}");
    }

    private static double Output(float[] x, float[] w, ConvolutionSizes sizes, int position, int column)
    {
        int channels = sizes.InputChannels;
        double sum = 0;
        for (int tap = 0; tap < sizes.Taps; tap++)
        {
            int from = Source(sizes, position, tap);
            for (int c = 0; from >= 0 && c < channels; c++)
            {
                sum += (double)x[(from * channels) + c] * w[(((tap * channels) + c) * channels) + column];
            }
        }

        return sum;
    }

    private static double Gradient(float[] x, float[] g, ConvolutionSizes sizes, int tap, int channel, int column)
    {
        int channels = sizes.InputChannels;
        double sum = 0;
        for (int position = 0; position < sizes.OutputPositions; position++)
        {
            int from = Source(sizes, position, tap);
            sum += from < 0 ? 0 : (double)x[(from * channels) + channel] * g[(position * channels) + column];
        }

        return sum;
    }

    // The position that a tap of 3×3×3 reads; −1: padding.
    private static int Source(ConvolutionSizes sizes, int position, int tap)
    {
        int length = sizes.Axis2.Input;
        int frame = (position / (length * length)) + (tap / 9) - 1;
        int down = (position / length % length) + (tap / 3 % 3) - 1;
        int across = (position % length) + (tap % 3) - 1;
        bool inside = (uint)frame < (uint)sizes.Axis0.Input && (uint)down < (uint)length && (uint)across < (uint)length;
        return inside ? (((frame * length) + down) * length) + across : -1;
    }
}
