using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Models;

/// <summary>
/// The parameter-free shortcut (option A): every stride-th position in space, with the channels in the middle of the wider output and
/// zeros around them.
/// </summary>
internal static class PaddedIdentity
{
    public static Value Build(Value x, int stride, int outputChannels)
    {
        // A window of one position only steps.
        Value stepped = stride == 1 ? x : x.AveragePool(Steps(x.Shape.Rank - 2, stride));
        int before = (outputChannels - x.Shape.Last) / 2;
        int[] none = new int[x.Shape.Rank - 1];
        return stepped.Pad([.. none, before], [.. none, outputChannels - x.Shape.Last - before]);
    }

    private static ConvolutionGeometry Steps(int axes, int stride)
    {
        Shape window = new([.. Enumerable.Repeat(1, axes)]);
        return ConvolutionGeometry.Create(window, axes == 3 ? [1, stride, stride] : [stride, stride]);
    }
}
