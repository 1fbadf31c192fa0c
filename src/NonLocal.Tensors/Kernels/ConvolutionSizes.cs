namespace NonLocal.Tensors.Kernels;

/// <summary>One spatial axis of a convolution.</summary>
/// <param name="Input">Input positions.</param>
/// <param name="Output">Output positions.</param>
/// <param name="Kernel">Taps of the window.</param>
/// <param name="Stride">Input positions from one window to the next.</param>
/// <param name="Padding">Zeros before the first input position.</param>
/// <param name="Dilation">Input positions from one tap to the next.</param>
public readonly record struct ConvolutionAxis(int Input, int Output, int Kernel, int Stride, int Padding, int Dilation)
{
    /// <summary>The axis that fewer than three spatial axes are filled up with.</summary>
    public static ConvolutionAxis Unused => new(1, 1, 1, 1, 0, 1);
}

/// <summary>
/// Sizes of a convolution of a map [batch, axis 0, axis 1, axis 2, input channels] with a weight
/// [kernel 0, kernel 1, kernel 2, input channels / groups, output channels]. Unused axes come first.
/// </summary>
/// <param name="Batch">Maps.</param>
/// <param name="InputChannels">Channels of the input.</param>
/// <param name="OutputChannels">Channels of the output.</param>
/// <param name="Groups">Independent parts of the channels.</param>
/// <param name="Axis0">The slowest spatial axis.</param>
/// <param name="Axis1">The spatial axis between.</param>
/// <param name="Axis2">The fastest spatial axis.</param>
public readonly record struct ConvolutionSizes(
    int Batch, int InputChannels, int OutputChannels, int Groups, ConvolutionAxis Axis0, ConvolutionAxis Axis1, ConvolutionAxis Axis2)
{
    /// <summary>Input channels of a group.</summary>
    public int GroupInputs => InputChannels / Groups;

    /// <summary>Output channels of a group.</summary>
    public int GroupOutputs => OutputChannels / Groups;

    /// <summary>Taps of the window.</summary>
    public int Taps => Axis0.Kernel * Axis1.Kernel * Axis2.Kernel;

    /// <summary>Input positions of the whole batch.</summary>
    public int InputPositions => Batch * Axis0.Input * Axis1.Input * Axis2.Input;

    /// <summary>Output positions of the whole batch.</summary>
    public int OutputPositions => Batch * Axis0.Output * Axis1.Output * Axis2.Output;

    /// <summary>Every channel is convolved by itself.</summary>
    public bool IsDepthwise => Groups > 1 && Groups == InputChannels && Groups == OutputChannels;
}
