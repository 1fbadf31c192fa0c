using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Kernels;

/// <summary>
/// Convolution and its gradients as matrix products whose left matrix is gathered from the map while it is packed; depthwise convolution
/// directly. The same bits for any number of threads.
/// </summary>
public static unsafe class ConvolutionKernels
{
    /// <summary>Size of the packed form of a weight for <see cref="Forward"/>; 0: it is used as it is.</summary>
    public static long PackedFloats(in ConvolutionSizes sizes) =>
        sizes.IsDepthwise ? 0
        : WinogradRoute.Suits(sizes) ? WinogradRoute.PackedFloats(WindowGrid.Forward(sizes), sizes.InputChannels, sizes.OutputChannels)
        : sizes.Groups * MatrixProduct.PackedFloats(sizes.Taps * sizes.GroupInputs, sizes.GroupOutputs);

    /// <summary>Whether <see cref="Forward"/> is faster with the packed form even if it has to be made every time.</summary>
    public static bool NeedsPacked(in ConvolutionSizes sizes) => !sizes.IsDepthwise && (WinogradRoute.Suits(sizes)
        || DirectConvolution.Suits(WindowGrid.Forward(sizes), sizes.Groups, sizes.InputChannels, sizes.OutputChannels));

    /// <summary>Makes the packed form for <see cref="Forward"/>.</summary>
    public static void Pack(WorkerPool pool, in ConvolutionSizes sizes, float* weight, float* packed)
    {
        if (WinogradRoute.Suits(sizes))
        {
            WinogradRoute.Pack(
                pool, WindowGrid.Forward(sizes), weight, sizes.InputChannels, sizes.OutputChannels, transposed: false, packed);
            return;
        }

        int inner = sizes.Taps * sizes.GroupInputs;
        for (int group = 0; group < sizes.Groups; group++)
        {
            Matrix right = new(weight + (group * sizes.GroupOutputs), sizes.OutputChannels);
            MatrixProduct.PackRight(
                pool, right, inner, sizes.GroupOutputs, packed + (group * MatrixProduct.PackedFloats(inner, sizes.GroupOutputs)));
        }
    }

    /// <summary>Scratch memory of <see cref="Forward"/>.</summary>
    public static long ForwardScratch(in ConvolutionSizes sizes, int threads) =>
        sizes.IsDepthwise
            ? 0
            : Math.Max(
                DirectScratch(WindowGrid.Forward(sizes), sizes.Groups, sizes.InputChannels, sizes.OutputChannels, threads),
                MatrixProduct.ScratchFloats(ForwardPlan(sizes), threads));

    /// <summary>output = epilogue(input * weight).</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="sizes">The sizes.</param>
    /// <param name="input">[batch, positions, input channels].</param>
    /// <param name="weight">[taps, input channels / groups, output channels].</param>
    /// <param name="packed">The weight from <see cref="Pack"/>, or null.</param>
    /// <param name="output">[batch, positions, output channels].</param>
    /// <param name="epilogue">Bias and residual over all output channels; batch strides are set here.</param>
    /// <param name="scratch"><see cref="ForwardScratch"/> floats.</param>
    public static void Forward(
        WorkerPool pool, in ConvolutionSizes sizes, float* input, float* weight,
        float* packed, float* output, ProductEpilogue epilogue, float* scratch)
    {
        if (sizes.IsDepthwise)
        {
            DepthwiseConvolution.Run(pool, sizes, WindowGrid.Forward(sizes), input, weight, output, epilogue);
            return;
        }

        WindowGrid grid = WindowGrid.Forward(sizes);
        WindowMap map = new(input, grid, sizes.InputChannels, sizes.Groups);
        if (packed != null && TryRun(
            pool, grid, input, sizes.Groups, sizes.InputChannels, sizes.OutputChannels, packed, output, epilogue, scratch))
        {
            return;
        }

        epilogue.BiasBatchStride = sizes.GroupOutputs;
        epilogue.Residual = new Matrix(epilogue.Residual.Data, epilogue.Residual.RowStride, 1, sizes.GroupOutputs);
        ProductJob<WindowSource> job = new()
        {
            Plan = ForwardPlan(sizes),
            Left = new WindowSource(map),
            Right = new Matrix(weight, sizes.OutputChannels, 1, sizes.GroupOutputs),
            PackedRight = packed,
            PackedBatchStride = (nint)MatrixProduct.PackedFloats(sizes.Taps * sizes.GroupInputs, sizes.GroupOutputs),
            Output = new Matrix(output, sizes.OutputChannels, 1, sizes.GroupOutputs),
            Epilogue = epilogue,
        };
        MatrixProduct.Run(pool, ref job, scratch);
    }

    /// <summary>Size of the packed form of a weight for <see cref="InputGradient"/>; 0: it is used as it is.</summary>
    public static long TransposedPackedFloats(in ConvolutionSizes sizes)
    {
        long floats = 0;
        for (int phase = 0; !sizes.IsDepthwise && phase < WindowGrid.Phases(sizes); phase++)
        {
            floats += PhaseFloats(sizes, WindowGrid.Backward(sizes, phase));
        }

        return floats;
    }

    /// <summary>Makes the packed form for <see cref="InputGradient"/>.</summary>
    public static void PackTransposed(WorkerPool pool, in ConvolutionSizes sizes, float* weight, float* packed)
    {
        for (int phase = 0; phase < WindowGrid.Phases(sizes); phase++)
        {
            WindowGrid grid = WindowGrid.Backward(sizes, phase);
            if (WinogradRoute.Suits(grid, sizes.Groups, sizes.OutputChannels, sizes.InputChannels))
            {
                WinogradRoute.Pack(pool, grid, weight, sizes.OutputChannels, sizes.InputChannels, transposed: true, packed);
                packed += PhaseFloats(sizes, grid);
                continue;
            }

            int inner = grid.Taps * sizes.GroupOutputs;
            for (int group = 0; group < sizes.Groups; group++)
            {
                for (int tap = 0; tap < grid.Taps; tap++)
                {
                    float* from = weight
                        + ((nint)grid.WeightTap(tap, sizes) * sizes.GroupInputs * sizes.OutputChannels) + (group * sizes.GroupOutputs);
                    Matrix right = new(from, 1, sizes.OutputChannels);
                    MatrixProduct.PackRightRows(
                        pool, right, tap * sizes.GroupOutputs, sizes.GroupOutputs, inner, sizes.GroupInputs, packed);
                }

                packed += MatrixProduct.PackedFloats(inner, sizes.GroupInputs);
            }
        }
    }

    /// <summary>Scratch memory of <see cref="InputGradient"/>.</summary>
    public static long InputGradientScratch(in ConvolutionSizes sizes, int threads)
    {
        long most = 0;
        for (int phase = 0; !sizes.IsDepthwise && phase < WindowGrid.Phases(sizes); phase++)
        {
            WindowGrid grid = WindowGrid.Backward(sizes, phase);
            most = Math.Max(most, DirectScratch(grid, sizes.Groups, sizes.OutputChannels, sizes.InputChannels, threads));
            most = Math.Max(most, MatrixProduct.ScratchFloats(BackwardPlan(sizes, grid), threads));
        }

        return most;
    }

    /// <summary>The gradient for the input, which is also the transposed convolution.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="sizes">The sizes of the convolution.</param>
    /// <param name="outputGradient">[batch, positions, output channels].</param>
    /// <param name="weight">[taps, channels, channels]; read by depthwise convolutions only.</param>
    /// <param name="packed">The weight from <see cref="PackTransposed"/>; null for depthwise convolutions.</param>
    /// <param name="inputGradient">[batch, positions, input channels]; written everywhere.</param>
    /// <param name="scratch"><see cref="InputGradientScratch"/> floats.</param>
    public static void InputGradient(
        WorkerPool pool, in ConvolutionSizes sizes, float* outputGradient,
        float* weight, float* packed, float* inputGradient, float* scratch)
    {
        for (int phase = 0; phase < WindowGrid.Phases(sizes); phase++)
        {
            WindowGrid grid = WindowGrid.Backward(sizes, phase);
            if (grid.Positions == 0)
            {
                packed += sizes.IsDepthwise ? 0 : PhaseFloats(sizes, grid);
                continue;
            }

            if (sizes.IsDepthwise)
            {
                DepthwiseConvolution.Run(pool, sizes, grid, outputGradient, weight, inputGradient, default);
                continue;
            }

            (int channels, int columns) = (sizes.OutputChannels, sizes.InputChannels);
            if (TryRun(pool, grid, outputGradient, sizes.Groups, channels, columns, packed, inputGradient, default, scratch))
            {
                packed += PhaseFloats(sizes, grid);
                continue;
            }

            WindowMap map = new(outputGradient, grid, sizes.OutputChannels, sizes.Groups);
            ProductJob<WindowSource> job = new()
            {
                Plan = BackwardPlan(sizes, grid),
                Left = new WindowSource(map),
                PackedRight = packed,
                PackedBatchStride = (nint)MatrixProduct.PackedFloats(grid.Taps * sizes.GroupOutputs, sizes.GroupInputs),
                Output = new Matrix(inputGradient, sizes.InputChannels, 1, sizes.GroupInputs),
            };
            MatrixProduct.Run(pool, ref job, scratch);
            packed += PhaseFloats(sizes, grid);
        }
    }

    /// <summary>Scratch memory of <see cref="WeightGradient"/>.</summary>
    public static long WeightGradientScratch(in ConvolutionSizes sizes, int threads) =>
        sizes.IsDepthwise ? 0
        : WinogradWeightGradient.Suits(sizes) ? WinogradWeightGradient.ScratchFloats(sizes, threads)
        : DirectWeightGradient.Suits(sizes) ? DirectWeightGradient.ScratchFloats(sizes)
        : StemWeightGradient.Suits(sizes) ? StemWeightGradient.ScratchFloats(sizes, threads)
        : MatrixProduct.ScratchFloats(WeightPlan(sizes), threads);

    /// <summary>The gradient for the weight, summed over all positions of the batch.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="sizes">The sizes of the convolution.</param>
    /// <param name="input">[batch, positions, input channels].</param>
    /// <param name="outputGradient">[batch, positions, output channels].</param>
    /// <param name="weightGradient">[taps, input channels / groups, output channels].</param>
    /// <param name="scratch"><see cref="WeightGradientScratch"/> floats.</param>
    public static void WeightGradient(
        WorkerPool pool, in ConvolutionSizes sizes, float* input, float* outputGradient, float* weightGradient, float* scratch)
    {
        if (sizes.IsDepthwise)
        {
            DepthwiseWeightGradient.Run(pool, sizes, input, outputGradient, weightGradient);
            return;
        }

        if (WinogradWeightGradient.Suits(sizes))
        {
            WinogradWeightGradient tiles = new()
            {
                Grid = WindowGrid.Forward(sizes),
                InputChannels = sizes.InputChannels,
                OutputChannels = sizes.OutputChannels,
                Input = input,
                OutputGradient = outputGradient,
                Scratch = scratch,
            };
            pool.Run(ref tiles, tiles.Parts);
            AddTables(pool, sizes, scratch, WinogradWeightGradient.Splits(sizes), weightGradient);
            return;
        }

        if (DirectWeightGradient.Suits(sizes))
        {
            DirectWeightGradient direct = new()
            {
                Sizes = sizes,
                Input = input,
                OutputGradient = outputGradient,
                Partials = scratch,
            };
            pool.Run(ref direct, direct.Parts);
            AddTables(pool, sizes, scratch, DirectWeightGradient.Splits(sizes), weightGradient);
            return;
        }

        if (StemWeightGradient.Suits(sizes))
        {
            StemWeightGradient lines = new() { Sizes = sizes, Input = input, OutputGradient = outputGradient, Scratch = scratch };
            pool.Run(ref lines, lines.Parts);
            AddTables(pool, sizes, scratch, StemWeightGradient.Splits(sizes), weightGradient);
            return;
        }

        ProductJob<WindowColumnsSource> job = new()
        {
            Plan = WeightPlan(sizes),
            Left = new WindowColumnsSource(new WindowMap(input, WindowGrid.Forward(sizes), sizes.InputChannels, sizes.Groups)),
            Right = new Matrix(outputGradient, sizes.OutputChannels, 1, sizes.GroupOutputs),
            Output = new Matrix(weightGradient, sizes.OutputChannels, 1, sizes.GroupOutputs),
        };
        MatrixProduct.Run(pool, ref job, scratch);
    }

    private static void AddTables(WorkerPool pool, in ConvolutionSizes sizes, float* tables, int count, float* weightGradient)
    {
        OrderedSum sum = new()
        {
            Tables = tables,
            Count = count,
            Length = sizes.Taps * sizes.InputChannels * sizes.OutputChannels,
            Output = weightGradient,
        };
        pool.Run(ref sum, sum.Parts);
    }

    // The routes without packed windows, where one of them suits.
    private static bool TryRun(
        WorkerPool pool, in WindowGrid grid, float* map, int groups, int channels, int columns,
        float* packed, float* output, in ProductEpilogue epilogue, float* scratch)
    {
        if (WinogradRoute.Suits(grid, groups, channels, columns))
        {
            WinogradRoute.Run(pool, grid, map, channels, columns, packed, output, epilogue, scratch);
            return true;
        }

        if (!DirectConvolution.Suits(grid, groups, channels, columns))
        {
            return false;
        }

        DirectConvolution lines = new()
        {
            Grid = grid,
            Map = map,
            Channels = channels,
            Columns = columns,
            PackedRight = packed,
            Output = new Matrix(output, columns),
            Epilogue = epilogue,
            WorkerScratch = scratch,
        };
        pool.Run(ref lines, lines.Parts);
        return true;
    }

    private static long DirectScratch(in WindowGrid grid, int groups, int channels, int columns, int threads) =>
        WinogradRoute.Suits(grid, groups, channels, columns)
            ? threads * WinogradRoute.WorkerFloats(grid, channels, columns)
        : DirectConvolution.Suits(grid, groups, channels, columns) ? threads * DirectConvolution.WorkerFloats(grid, channels)
        : 0;

    private static long PhaseFloats(in ConvolutionSizes sizes, in WindowGrid grid) =>
        WinogradRoute.Suits(grid, sizes.Groups, sizes.OutputChannels, sizes.InputChannels)
            ? WinogradRoute.PackedFloats(grid, sizes.OutputChannels, sizes.InputChannels)
            : sizes.Groups * MatrixProduct.PackedFloats(grid.Taps * sizes.GroupOutputs, sizes.GroupInputs);

    private static ProductPlan ForwardPlan(in ConvolutionSizes sizes) =>
        MatrixProduct.Plan(new ProductSizes(sizes.Groups, sizes.OutputPositions, sizes.GroupOutputs, sizes.Taps * sizes.GroupInputs));

    private static ProductPlan BackwardPlan(in ConvolutionSizes sizes, in WindowGrid grid) =>
        MatrixProduct.Plan(new ProductSizes(sizes.Groups, grid.Positions, sizes.GroupInputs, grid.Taps * sizes.GroupOutputs));

    private static ProductPlan WeightPlan(in ConvolutionSizes sizes) =>
        MatrixProduct.Plan(new ProductSizes(sizes.Groups, sizes.Taps * sizes.GroupInputs, sizes.GroupOutputs, sizes.OutputPositions));
}
