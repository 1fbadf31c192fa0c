using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Kernels;

[Trait("Category", "Kernels")]
public unsafe class ConvolutionKernelsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Convolution_RandomGeometry_EqualsPlainLoops(int spatialAxes)
    {
        Random random = new(spatialAxes);
        int[] channels = [1, 2, 3, 5, 8, 13, 16, 17, 20, 33, 40];
        for (int i = 0; i < 40; i++)
        {
            int groups = random.Next(3) == 0 ? random.Next(2, 4) : 1;
            int most = spatialAxes == 3 ? 7 : channels.Length;
            Check(new ConvolutionCase(random, groups, channels[random.Next(most)], channels[random.Next(most)], spatialAxes), random);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(37)]
    public void Convolution_Depthwise_EqualsPlainLoops(int channels)
    {
        Random random = new(channels);
        for (int i = 0; i < 15; i++)
        {
            Check(new ConvolutionCase(random, channels, 1, 1, random.Next(1, 4)), random);
        }
    }

    [Fact]
    public void Convolution_UsualLayers_EqualPlainLoops()
    {
        Random random = new(4);
        ConvolutionAxis three = ConvolutionCase.Axis(14, 3, 1, 1, 1, 1);
        ConvolutionAxis halved = ConvolutionCase.Axis(15, 3, 2, 1, 1, 1);
        ConvolutionAxis seven = ConvolutionCase.Axis(31, 7, 2, 3, 3, 1);
        ConvolutionAxis skip = ConvolutionCase.Axis(13, 1, 2, 0, 0, 1);
        Check(new ConvolutionCase(new ConvolutionSizes(2, 64, 64, 1, ConvolutionAxis.Unused, three, three)), random);
        Check(new ConvolutionCase(new ConvolutionSizes(2, 32, 48, 1, ConvolutionAxis.Unused, halved, halved)), random);
        Check(new ConvolutionCase(new ConvolutionSizes(1, 3, 64, 1, ConvolutionAxis.Unused, seven, seven)), random);
        Check(new ConvolutionCase(new ConvolutionSizes(2, 24, 40, 1, ConvolutionAxis.Unused, skip, skip)), random);
        Check(new ConvolutionCase(new ConvolutionSizes(1, 8, 8, 1, three, three, three)), random);

        // The stem of a network of clips: 245 taps.
        ConvolutionAxis frames = ConvolutionCase.Axis(4, 5, 1, 2, 2, 1);
        ConvolutionAxis small = ConvolutionCase.Axis(17, 7, 2, 3, 3, 1);
        Check(new ConvolutionCase(new ConvolutionSizes(1, 3, 64, 1, frames, small, small)), random);
    }

    // Three taps that move by one: tiles of 16 windows, of 8, and what is left of them; few and many lines.
    [Theory]
    [InlineData(16, 16, 19, 1)]
    [InlineData(16, 32, 8, 1)]
    [InlineData(24, 80, 9, 1)]
    [InlineData(8, 16, 37, 0)]
    [InlineData(8, 48, 5, 2)]
    [InlineData(40, 13, 17, 2)]
    [InlineData(16, 16, 1, 1)]
    [InlineData(16, 32, 2, 3)]
    [InlineData(64, 128, 3, 1)]
    public void Convolution_ThreeTapsThatMoveByOne_EqualsPlainLoops(int inputs, int outputs, int length, int padding)
    {
        Random random = new(inputs + outputs + length);
        ConvolutionAxis fast = ConvolutionCase.Axis(length, 3, 1, padding, padding, 1);
        ConvolutionAxis slow = ConvolutionCase.Axis(11, 3, 2, 1, 2, 2);
        Check(new ConvolutionCase(new ConvolutionSizes(3, inputs, outputs, 1, ConvolutionAxis.Unused, slow, fast)), random);
        Check(new ConvolutionCase(new ConvolutionSizes(2, inputs, outputs, 1, slow, ConvolutionCase.Axis(4, 2, 1, 1, 0, 1), fast)), random);
    }

    // Few channels and registers full of outputs: taps of a line side by side, eight and what is left of them.
    [Theory]
    [InlineData(3, 16, 5, 2, 2)]
    [InlineData(1, 32, 2, 1, 0)]
    [InlineData(4, 16, 8, 3, 9)]
    [InlineData(10, 80, 3, 2, 1)]
    public void Convolution_FewChannels_EqualsPlainLoops(int inputs, int outputs, int kernel, int stride, int padding)
    {
        Random random = new(inputs + kernel);
        ConvolutionAxis slow = ConvolutionCase.Axis(3, 3, 1, 1, 1, 1);
        ConvolutionAxis down = ConvolutionCase.Axis(9, kernel, stride, padding, 1, 1);
        ConvolutionAxis across = ConvolutionCase.Axis(21, kernel, stride, padding, padding, 1);
        Check(new ConvolutionCase(new ConvolutionSizes(2, inputs, outputs, 1, slow, down, across)), random);
    }

    // Tiles of 4×4 outputs: whole ones, cut ones, paddings that move them, one part and several.
    [Theory]
    [InlineData(32, 32, 8, 8, 1)]
    [InlineData(32, 64, 9, 14, 1)]
    [InlineData(64, 32, 22, 13, 0)]
    [InlineData(96, 160, 10, 12, 2)]
    [InlineData(64, 64, 30, 31, 1)]
    [InlineData(16, 16, 19, 24, 1)]
    [InlineData(32, 48, 8, 11, 1)]
    public void Convolution_TilesOfFourByFour_EqualsPlainLoops(int inputs, int outputs, int height, int width, int padding)
    {
        Random random = new(inputs + outputs + width);
        ConvolutionAxis down = ConvolutionCase.Axis(height, 3, 1, padding, 1, 1);
        ConvolutionAxis across = ConvolutionCase.Axis(width, 3, 1, 1, padding, 1);
        Check(new ConvolutionCase(new ConvolutionSizes(3, inputs, outputs, 1, ConvolutionAxis.Unused, down, across)), random);
    }

    // The same tiles in every frame: windows of some frames, paddings that leave out frames, single registers, and blocks of frames.
    [Theory]
    [InlineData(16, 16, 3, 9, 1, 1)]
    [InlineData(16, 32, 3, 4, 1, 0)]
    [InlineData(48, 16, 2, 3, 0, 1)]
    [InlineData(32, 80, 3, 5, 1, 1)]
    [InlineData(32, 32, 3, 13, 1, 1)]
    [InlineData(16, 16, 5, 2, 4, 4)]
    public void Convolution_TilesOfFourByFourInClips_EqualsPlainLoops(
        int inputs, int outputs, int kernel, int frames, int before, int after)
    {
        Random random = new(inputs + outputs + frames);
        ConvolutionAxis time = ConvolutionCase.Axis(frames, kernel, 1, before, after, 1);
        ConvolutionAxis down = ConvolutionCase.Axis(7, 3, 1, 1, 1, 1);
        ConvolutionAxis across = ConvolutionCase.Axis(9, 3, 1, 0, 1, 1);
        ConvolutionSizes sizes = new(2, inputs, outputs, 1, time, down, across);
        Assert.True(WinogradConvolution.Suits(WindowGrid.Forward(sizes), 1, inputs, outputs));
        Check(new ConvolutionCase(sizes), random);
    }

    // Tiles of four frames: whole ones and cut ones, paddings that move them, one block of positions and several, half a panel.
    [Theory]
    [InlineData(64, 64, 4, 1, 1, 9)]
    [InlineData(80, 64, 7, 1, 1, 5)]
    [InlineData(64, 112, 10, 0, 0, 3)]
    [InlineData(128, 64, 3, 2, 1, 4)]
    [InlineData(64, 64, 8, 1, 1, 15)]
    public void Convolution_TilesOfFourFrames_EqualsPlainLoops(int inputs, int outputs, int frames, int before, int after, int length)
    {
        Random random = new(inputs + outputs + frames);
        ConvolutionAxis time = ConvolutionCase.Axis(frames, 3, 1, before, after, 1);
        ConvolutionAxis point = ConvolutionCase.Axis(length, 1, 1, 0, 0, 1);
        ConvolutionSizes sizes = new(2, inputs, outputs, 1, time, point, point);
        Assert.True(WinogradFrames.Suits(WindowGrid.Forward(sizes), 1, inputs, outputs));
        Check(new ConvolutionCase(sizes), random);
    }

    // The inner length of the input gradient is cut into parts, and its rows are every second one of the map.
    [Fact]
    public void Convolution_ManyOutputsAndFewPositions_EqualsPlainLoops()
    {
        Random random = new(6);
        ConvolutionAxis halved = ConvolutionCase.Axis(6, 3, 2, 1, 1, 1);
        Check(new ConvolutionCase(new ConvolutionSizes(2, 20, 600, 1, ConvolutionAxis.Unused, halved, halved)), random);
    }

    [Theory]
    [InlineData(1, 20, 24, 2)]
    [InlineData(1, 12, 10, 2)]
    [InlineData(1, 16, 16, 1)]
    [InlineData(1, 24, 80, 1)]
    [InlineData(1, 32, 96, 1)]
    [InlineData(1, 3, 48, 2)]
    [InlineData(4, 3, 5, 2)]
    [InlineData(12, 1, 1, 2)]
    public void Convolution_AnyNumberOfThreads_SameBits(int groups, int groupInputs, int groupOutputs, int stride)
    {
        uint[]? first = null;
        foreach (int threads in new[] { 1, 2, 3, 8 })
        {
            using WorkerPool pool = new(threads);
            Random random = new(5);
            using ConvolutionTables tables = new(
                new ConvolutionSizes(
                    2,
                    groups * groupInputs,
                    groups * groupOutputs,
                    groups,
                    ConvolutionAxis.Unused,
                    ConvolutionCase.Axis(40, 3, 1, 1, 1, 1),
                    ConvolutionCase.Axis(40, 3, stride, 1, 1, 1)),
                random);
            tables.Run(pool, random);
            uint[] bits = [.. tables.Output.ToBits(), .. tables.InputGradient.ToBits(), .. tables.WeightGradient.ToBits()];
            first ??= bits;
            Assert.Equal(first, bits);
        }
    }

    [Theory]
    [InlineData(16, 16, 3)]
    [InlineData(32, 48, 3)]
    [InlineData(64, 80, 1)]
    public void Convolution_ClipOnAnyNumberOfThreads_SameBits(int inputs, int outputs, int kernel)
    {
        uint[]? first = null;
        foreach (int threads in new[] { 1, 2, 3, 8 })
        {
            using WorkerPool pool = new(threads);
            Random random = new(5);
            ConvolutionAxis axis = ConvolutionCase.Axis(20, kernel, 1, kernel / 2, kernel / 2, 1);
            using ConvolutionTables tables = new(
                new ConvolutionSizes(2, inputs, outputs, 1, ConvolutionCase.Axis(12, 3, 1, 1, 1, 1), axis, axis), random);
            tables.Run(pool, random);
            uint[] bits = [.. tables.Output.ToBits(), .. tables.InputGradient.ToBits(), .. tables.WeightGradient.ToBits()];
            first ??= bits;
            Assert.Equal(first, bits);
        }
    }

    private static void Check(ConvolutionCase convolution, Random random)
    {
        using WorkerPool pool = new(2);
        using ConvolutionTables tables = new(convolution.Sizes, random);
        (double[,,] y, double[,,] gx, double[,,] gw) = convolution.Expected(tables.Input, tables.Weight, tables.OutputGradient);
        tables.ApplyEpilogue(y);
        tables.Run(pool, random);
        AssertClose(tables.Output, y, convolution, "output");
        AssertClose(tables.InputGradient, gx, convolution, "input gradient");
        AssertClose(tables.WeightGradient, gw, convolution, "weight gradient");
    }

    private static void AssertClose(GuardedTable actual, double[,,] expected, ConvolutionCase convolution, string what)
    {
        double error = actual.RelativeErrorTo(expected);
        Assert.True(error < 2e-6, $"{what} of {convolution}: error {error:E2}");
        actual.AssertGapsUntouched();
    }
}
