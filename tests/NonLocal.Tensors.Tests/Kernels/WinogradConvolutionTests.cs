using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public unsafe class WinogradConvolutionTests
{
    // All 3×3 convolutions of ResNet-50 that move by one, on maps without negative numbers, whose errors do not cancel.
    [Theory]
    [InlineData(1, 56, 64)]
    [InlineData(1, 28, 128)]
    [InlineData(1, 14, 256)]
    [InlineData(2, 7, 512)]
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
            ConvolutionKernels.Pack(sizes, weight, packed.Address);
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
