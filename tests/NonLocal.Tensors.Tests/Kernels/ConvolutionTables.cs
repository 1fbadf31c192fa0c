using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Tests.Kernels;

/// <summary>Guarded memory for a convolution and both of its gradients, with a random epilogue.</summary>
internal sealed unsafe class ConvolutionTables : IDisposable
{
    private readonly ConvolutionSizes sizes;
    private readonly GuardedTable? bias;
    private readonly GuardedTable? residual;
    private readonly bool relu;

    public ConvolutionTables(ConvolutionSizes sizes, Random random)
    {
        this.sizes = sizes;
        Input = GuardedTable.Random(random, 1, sizes.InputPositions, sizes.InputChannels, 0);
        Weight = GuardedTable.Random(random, 1, sizes.Taps * sizes.GroupInputs, sizes.OutputChannels, 0);
        OutputGradient = GuardedTable.Random(random, 1, sizes.OutputPositions, sizes.OutputChannels, 0);
        bias = random.Next(2) == 0 ? GuardedTable.Random(random, 1, 1, sizes.OutputChannels, 0) : null;
        residual = random.Next(2) == 0 ? GuardedTable.Random(random, 1, sizes.OutputPositions, sizes.OutputChannels, 0) : null;
        relu = random.Next(2) == 0;
        Output = new GuardedTable(1, sizes.OutputPositions, sizes.OutputChannels, 0);
        InputGradient = new GuardedTable(1, sizes.InputPositions, sizes.InputChannels, 0);
        WeightGradient = new GuardedTable(1, sizes.Taps * sizes.GroupInputs, sizes.OutputChannels, 0);
    }

    public GuardedTable Input { get; }

    public GuardedTable Weight { get; }

    public GuardedTable OutputGradient { get; }

    public GuardedTable Output { get; }

    public GuardedTable InputGradient { get; }

    public GuardedTable WeightGradient { get; }

    public void ApplyEpilogue(double[,,] y) => Output.ForEach((b, p, o) =>
    {
        double sum = y[b, p, o] + (bias is null ? 0 : bias[0, 0, o]) + (residual is null ? 0 : residual[b, p, o]);
        y[b, p, o] = relu ? Math.Max(sum, 0) : sum;
    });

    public void Run(WorkerPool pool, Random random)
    {
        using GuardedScratch packed = new(ConvolutionKernels.PackedFloats(sizes));
        using GuardedScratch transposed = new(ConvolutionKernels.TransposedPackedFloats(sizes));
        using GuardedScratch forward = new(ConvolutionKernels.ForwardScratch(sizes, pool.Threads));
        using GuardedScratch backward = new(ConvolutionKernels.InputGradientScratch(sizes, pool.Threads));
        using GuardedScratch weights = new(ConvolutionKernels.WeightGradientScratch(sizes, pool.Threads));
        float* weight = Weight.View.Data;
        bool pack = !sizes.IsDepthwise && random.Next(2) == 0;
        ProductEpilogue epilogue = new() { Relu = relu };
        if (bias != null)
        {
            epilogue.Bias = bias.View.Data;
        }

        if (residual != null)
        {
            epilogue.Residual = new Matrix(residual.View.Data, sizes.OutputChannels);
        }

        if (pack)
        {
            ConvolutionKernels.Pack(pool, sizes, weight, packed.Address);
        }

        if (!sizes.IsDepthwise)
        {
            ConvolutionKernels.PackTransposed(pool, sizes, weight, transposed.Address);
        }

        float* x = Input.View.Data;
        float* g = OutputGradient.View.Data;
        ConvolutionKernels.Forward(pool, sizes, x, weight, pack ? packed.Address : null, Output.View.Data, epilogue, forward.Address);
        ConvolutionKernels.InputGradient(pool, sizes, g, weight, transposed.Address, InputGradient.View.Data, backward.Address);
        ConvolutionKernels.WeightGradient(pool, sizes, x, g, WeightGradient.View.Data, weights.Address);
        foreach (GuardedScratch scratch in new[] { packed, transposed, forward, backward, weights })
        {
            scratch.AssertGuardUntouched();
        }
    }

    public void Dispose()
    {
        foreach (GuardedTable? table in new[] { Input, Weight, OutputGradient, Output, InputGradient, WeightGradient, bias, residual })
        {
            table?.Dispose();
        }
    }
}
