using NonLocal.Tensors.Kernels;
using NonLocal.Tensors.Runtime;

namespace NonLocal.Tensors.Graphs;

/// <summary>Binds element-wise operations to the kernel that runs a program of them block by block.</summary>
internal static unsafe class ElementwiseBinding
{
    /// <summary>The step of one operation whose operands are the inputs.</summary>
    public static Step Bind(Binding binding, Operation operation) =>
        Bind(binding, [new ChainStep(operation, 0, binding.Inputs.Count > 1 ? 1 : -1)]);

    /// <summary>The step of several operations in one pass.</summary>
    public static Step Bind(Binding binding, IReadOnlyList<ChainStep> steps)
    {
        Operand output = binding.Outputs[0];
        Operand[] inputs = [.. binding.Inputs];
        int[][] strides = [.. inputs.Select(input => Broadcasting.Strides(input.Shape, output.Shape))];
        ElementwiseProgram program = new(output.Shape.Span, strides, [.. steps.Select(Translate)]);
        WorkerPool pool = binding.Pool;
        long floats = program.ScratchFloats(pool.Threads);
        Operand? scratch = floats == 0 ? null : binding.Scratch(floats);
        return () =>
        {
            float** addresses = stackalloc float*[inputs.Length];
            for (int i = 0; i < inputs.Length; i++)
            {
                addresses[i] = inputs[i].Pointer;
            }

            program.Run(pool, addresses, output.Pointer, scratch is null ? null : scratch.Pointer);
        };
    }

    private static ElementwiseStep Translate(ChainStep step) => step.Operation switch
    {
        Broadcast => new ElementwiseStep(ElementwiseCode.Copy, step.First),
        LeakyRelu leaky => new ElementwiseStep(ElementwiseCode.LeakyRelu, step.First, Argument: (float)leaky.Slope),
        Unary unary => new ElementwiseStep(Code(unary.Kind), step.First),
        Binary binary => new ElementwiseStep(Code(binary.Kind), step.First, step.Second),
        _ => throw new NotSupportedException(step.Operation.Name),
    };

    private static ElementwiseCode Code(UnaryKind kind) => kind switch
    {
        UnaryKind.Negate => ElementwiseCode.Negate,
        UnaryKind.Absolute => ElementwiseCode.Absolute,
        UnaryKind.Square => ElementwiseCode.Square,
        UnaryKind.SquareRoot => ElementwiseCode.SquareRoot,
        UnaryKind.ReciprocalSquareRoot => ElementwiseCode.ReciprocalSquareRoot,
        UnaryKind.Reciprocal => ElementwiseCode.Reciprocal,
        UnaryKind.Exponential => ElementwiseCode.Exponential,
        UnaryKind.Logarithm => ElementwiseCode.Logarithm,
        UnaryKind.Sigmoid => ElementwiseCode.Sigmoid,
        UnaryKind.HyperbolicTangent => ElementwiseCode.HyperbolicTangent,
        UnaryKind.ErrorFunction => ElementwiseCode.ErrorFunction,
        UnaryKind.Relu => ElementwiseCode.Relu,
        UnaryKind.Step => ElementwiseCode.Step,
        UnaryKind.Gelu => ElementwiseCode.Gelu,
        UnaryKind.Swish => ElementwiseCode.Swish,
        _ => throw new NotSupportedException(kind.ToString()),
    };

    private static ElementwiseCode Code(BinaryKind kind) => kind switch
    {
        BinaryKind.Add => ElementwiseCode.Add,
        BinaryKind.Subtract => ElementwiseCode.Subtract,
        BinaryKind.Multiply => ElementwiseCode.Multiply,
        BinaryKind.Divide => ElementwiseCode.Divide,
        BinaryKind.Maximum => ElementwiseCode.Maximum,
        BinaryKind.Minimum => ElementwiseCode.Minimum,
        BinaryKind.Greater => ElementwiseCode.Greater,
        BinaryKind.Equal => ElementwiseCode.Equal,
        _ => throw new NotSupportedException(kind.ToString()),
    };
}
