using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>
/// Binds convolutions and their gradients to kernels. A window of one position without stride or padding is a plain product.
/// </summary>
internal static unsafe class ConvolutionBinding
{
    /// <summary>The convolution: inputs x, w and the epilogue's.</summary>
    public static Step Forward(Convolution operation, Binding binding)
    {
        (Operand x, Operand w, Operand y) = (binding.Inputs[0], binding.Inputs[1], binding.Outputs[0]);
        WorkerPool pool = binding.Pool;
        int columns = y.Shape.Last;
        if (operation.Geometry.IsPointwise)
        {
            ProductSizes product = new(1, (int)x.Shape.Rows, columns, x.Shape.Last);
            return ProductBinding.Bind(binding, product, new(x, false, true), new(w, false, true), operation.Epilogue);
        }

        ConvolutionSizes sizes = operation.Geometry.Sizes(x.Shape, y.Shape);
        long packedFloats = ConvolutionKernels.PackedFloats(sizes);
        Operand? packed = sizes.IsDepthwise
            ? null
            : binding.Packed(
                1,
                $"convolution panels {operation.Geometry.Groups} groups {w.Shape} {packedFloats} {SimdWidth.Bits}",
                packedFloats,
                (weight, panels) => ConvolutionKernels.Pack(pool, sizes, weight, panels));

        // A weight that this program also writes has no kept copy.
        bool packNow = packed is null && ConvolutionKernels.NeedsPacked(sizes);
        Operand? panels = packNow ? binding.Scratch(packedFloats) : packed;
        Operand scratch = binding.Scratch(ConvolutionKernels.ForwardScratch(sizes, pool.Threads));
        EpilogueOperands epilogue = new(operation.Epilogue, binding, 2);
        return () =>
        {
            if (packNow)
            {
                ConvolutionKernels.Pack(pool, sizes, w.Pointer, panels!.Pointer);
            }

            ConvolutionKernels.Forward(
                pool,
                sizes,
                x.Pointer,
                w.Pointer,
                panels == null ? null : panels.Pointer,
                y.Pointer,
                epilogue.Bind(columns, 0),
                scratch.Pointer);
        };
    }

    /// <summary>Its input gradient: inputs are the output's gradient and w.</summary>
    public static Step InputGradient(ConvolutionGeometry geometry, Binding binding)
    {
        (Operand g, Operand w, Operand gx) = (binding.Inputs[0], binding.Inputs[1], binding.Outputs[0]);
        if (geometry.IsPointwise)
        {
            ProductSizes product = new(1, (int)g.Shape.Rows, gx.Shape.Last, g.Shape.Last);
            return ProductBinding.Bind(binding, product, new(g, false, true), new(w, true, true));
        }

        ConvolutionSizes sizes = geometry.Sizes(gx.Shape, g.Shape);
        WorkerPool pool = binding.Pool;
        long packedFloats = ConvolutionKernels.TransposedPackedFloats(sizes);
        Operand? packed = sizes.IsDepthwise
            ? null
            : binding.Packed(
                1,
                $"transposed convolution panels {geometry} {w.Shape} {packedFloats} {SimdWidth.Bits}",
                packedFloats,
                (weight, panels) => ConvolutionKernels.PackTransposed(pool, sizes, weight, panels));
        bool packNow = packed is null && !sizes.IsDepthwise;
        Operand panels = packed ?? binding.Scratch(packedFloats);
        Operand scratch = binding.Scratch(ConvolutionKernels.InputGradientScratch(sizes, pool.Threads));
        return () =>
        {
            if (packNow)
            {
                ConvolutionKernels.PackTransposed(pool, sizes, w.Pointer, panels.Pointer);
            }

            ConvolutionKernels.InputGradient(pool, sizes, g.Pointer, w.Pointer, panels.Pointer, gx.Pointer, scratch.Pointer);
        };
    }

    /// <summary>Its weight gradient: inputs are x and the output's gradient.</summary>
    public static Step WeightGradient(ConvolutionGeometry geometry, Binding binding)
    {
        (Operand x, Operand g, Operand gw) = (binding.Inputs[0], binding.Inputs[1], binding.Outputs[0]);
        if (geometry.IsPointwise)
        {
            ProductSizes product = new(1, x.Shape.Last, g.Shape.Last, (int)x.Shape.Rows);
            return ProductBinding.Bind(binding, product, new(x, true, true), new(g, false, true));
        }

        ConvolutionSizes sizes = geometry.Sizes(x.Shape, g.Shape);
        WorkerPool pool = binding.Pool;
        Operand scratch = binding.Scratch(ConvolutionKernels.WeightGradientScratch(sizes, pool.Threads));
        return () => ConvolutionKernels.WeightGradient(pool, sizes, x.Pointer, g.Pointer, gw.Pointer, scratch.Pointer);
    }
}
