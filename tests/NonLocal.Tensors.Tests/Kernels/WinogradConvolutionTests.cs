using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public unsafe class WinogradConvolutionTests
{
    // All 3×3 convolutions of ResNet-50 that move by one, and the narrowest of CIFAR's networks, on maps without negative numbers, whose
    // errors do not cancel.
    [Theory]
    [InlineData(1, 56, 64)]
    [InlineData(1, 28, 128)]
    [InlineData(1, 14, 256)]
    [InlineData(2, 7, 512)]
    [InlineData(2, 32, 16)]
    public void Winograd_ShapeOfResNet50_WithinFiveMillionthsOfDouble(int batch, int length, int channels)
    {
        Random random = new(length);
        ConvolutionAxis axis = ConvolutionCase.Axis(length, 3, 1, 1, 1, 1);
        ConvolutionSizes sizes = new(batch, channels, channels, 1, ConvolutionAxis.Unused, axis, axis);
        Assert.True(WinogradConvolution.Suits(WindowGrid.Forward(sizes), 1, channels, channels));
        float[] x = [.. Enumerable.Range(0, sizes.InputPositions * channels).Select(_ => Math.Max(0, random.NextSingle() - 0.5f))];
        float[] w = [.. Enumerable.Range(0, 9 * channels * channels).Select(_ => random.NextSingle() - 0.5f)];
        float[] y = new float[sizes.OutputPositions * channels];
        using WorkerPool pool = new(2);
        using GuardedScratch packed = new(ConvolutionKernels.PackedFloats(sizes));
        using GuardedScratch scratch = new(ConvolutionKernels.ForwardScratch(sizes, pool.Threads));
        fixed (float* input = x, weight = w, output = y)
        {
            ConvolutionKernels.Pack(pool, sizes, weight, packed.Address);
            ConvolutionKernels.Forward(pool, sizes, input, weight, packed.Address, output, default, scratch.Address);
        }

        // Some channels tell as much as all.
        double difference = 0;
        double size = 0;
        for (int channel = 0; channel < channels; channel += channels / 2)
        {
            for (int position = 0; position < sizes.OutputPositions; position++)
            {
                double expected = Expected(x, w, position, length, channels, channel);
                double gap = y[(position * channels) + channel] - expected;
                difference += gap * gap;
                size += expected * expected;
            }
        }

        double error = Math.Sqrt(difference / size);
        Assert.True(error <= 5e-6, $"error {error:E2}");
    }

    // The same convolutions, and maps that do not fill their tiles with blocks of channels that are not alike.
    [Theory]
    [InlineData(1, 56, 56, 64, 64)]
    [InlineData(1, 28, 28, 128, 128)]
    [InlineData(1, 14, 14, 256, 256)]
    [InlineData(2, 7, 7, 512, 512)]
    [InlineData(3, 11, 18, 96, 48)]
    [InlineData(5, 6, 15, 32, 80)]
    public void WinogradWeightGradient_ShapeOfResNet50_WithinFiveMillionthsOfDouble(
        int batch, int height, int width, int channels, int columns)
    {
        Random random = new(height);
        ConvolutionAxis down = ConvolutionCase.Axis(height, 3, 1, 1, 1, 1);
        ConvolutionAxis across = ConvolutionCase.Axis(width, 3, 1, 1, 1, 1);
        ConvolutionSizes sizes = new(batch, channels, columns, 1, ConvolutionAxis.Unused, down, across);
        Assert.Equal(SimdWidth.Is512, WinogradWeightGradient.Suits(sizes));
        float[] x = [.. Enumerable.Range(0, sizes.InputPositions * channels).Select(_ => Math.Max(0, random.NextSingle() - 0.5f))];
        float[] g = [.. Enumerable.Range(0, sizes.OutputPositions * columns).Select(_ => random.NextSingle() - 0.5f)];
        float[] w = new float[9 * channels * columns];
        using WorkerPool pool = new(2);
        using GuardedScratch scratch = new(ConvolutionKernels.WeightGradientScratch(sizes, pool.Threads));
        fixed (float* input = x, outputGradient = g, weightGradient = w)
        {
            ConvolutionKernels.WeightGradient(pool, sizes, input, outputGradient, weightGradient, scratch.Address);
        }

        double difference = 0;
        double size = 0;
        for (int i = 0; i < w.Length; i += 1 + (w.Length / 1013))
        {
            double expected = Expected(x, g, sizes, i / (channels * columns), i / columns % channels, i % columns);
            difference += (w[i] - expected) * (w[i] - expected);
            size += expected * expected;
        }

        double error = Math.Sqrt(difference / size);
        Assert.True(error <= 5e-6, $"error {error:E2}");
    }

    private static double Expected(float[] x, float[] g, ConvolutionSizes sizes, int tap, int channel, int column)
    {
        (int height, int width) = (sizes.Axis1.Input, sizes.Axis2.Input);
        double sum = 0;
        for (int position = 0; position < sizes.OutputPositions; position++)
        {
            int down = (position / width % height) + (tap / 3) - 1;
            int across = (position % width) + (tap % 3) - 1;
            if ((uint)down < (uint)height && (uint)across < (uint)width)
            {
                int from = (((position / (height * width) * height) + down) * width) + across;
                sum += (double)x[(from * sizes.InputChannels) + channel] * g[(position * sizes.OutputChannels) + column];
            }
        }

        return sum;
    }

    private static double Expected(float[] x, float[] w, int position, int length, int channels, int channel)
    {
        int sample = position / (length * length);
        double sum = 0;
        for (int tap = 0; tap < 9; tap++)
        {
            int down = (position / length % length) + (tap / 3) - 1;
            int across = (position % length) + (tap % 3) - 1;
            if ((uint)down >= (uint)length || (uint)across >= (uint)length)
            {
                continue;
            }

            int from = ((((sample * length) + down) * length) + across) * channels;
            for (int c = 0; c < channels; c++)
            {
                sum += (double)x[from + c] * w[(((tap * channels) + c) * channels) + channel];
            }
        }

        return sum;
    }
}
