namespace NonLocal.Tensors.Kernels;

/// <summary>What one step of an element-wise program does.</summary>
internal enum ElementwiseCode
{
    Copy,
    Negate,
    Absolute,
    Square,
    SquareRoot,
    ReciprocalSquareRoot,
    Reciprocal,
    Exponential,
    Logarithm,
    Sigmoid,
    HyperbolicTangent,
    ErrorFunction,
    Relu,
    Step,
    Gelu,
    Swish,
    LeakyRelu,
    Add,
    Subtract,
    Multiply,
    Divide,
    Maximum,
    Minimum,
    Greater,
    Equal,
}

/// <summary>One step of an element-wise program.</summary>
/// <param name="Code">What it does.</param>
/// <param name="First">Its operand: 0 … inputs−1 are inputs, higher numbers are results of earlier steps.</param>
/// <param name="Second">The second operand of functions of two numbers; −1 for the others.</param>
/// <param name="Argument">The slope of <see cref="ElementwiseCode.LeakyRelu"/>.</param>
internal readonly record struct ElementwiseStep(ElementwiseCode Code, int First, int Second = -1, float Argument = 0);
