using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models;

/// <summary>
/// The parameter-free shortcut (option A): every stride-th position, with the channels in the middle of the wider output and zeros
/// around them.
/// Written as a 1×1 convolution with a constant weight of zeros and ones.
/// </summary>
internal static class PaddedIdentity
{
    public static Value Build(Value x, int stride, int outputChannels)
    {
        int channels = x.Shape.Last;
        Tensor selection = new([1, 1, channels, outputChannels]);
        int before = (outputChannels - channels) / 2;
        for (int channel = 0; channel < channels; channel++)
        {
            selection.Span[(channel * outputChannels) + before + channel] = 1;
        }

        return x.Convolution(x.Graph.Constant(selection), ConvolutionGeometry.Create([1, 1], [stride, stride]));
    }
}
