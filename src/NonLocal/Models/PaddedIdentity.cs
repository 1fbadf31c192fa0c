using NonLocal.Tensors.Graphs;

namespace NonLocal.Models;

/// <summary>
/// The parameter-free shortcut (option A): every stride-th position, with the channels in the middle of the wider output and zeros
/// around them.
/// </summary>
internal static class PaddedIdentity
{
    public static Value Build(Value x, int stride, int outputChannels)
    {
        // A window of one position only steps.
        Value stepped = stride == 1 ? x : x.AveragePool(ConvolutionGeometry.Create([1, 1], [stride, stride]));
        int before = (outputChannels - x.Shape.Last) / 2;
        return stepped.Pad([0, 0, 0, before], [0, 0, 0, outputChannels - x.Shape.Last - before]);
    }
}
