using NonLocal.Formats;
using NonLocal.Tensors;

namespace NonLocal.Layers;

/// <summary>How a kernel for pictures becomes one for clips.</summary>
public enum WeightInflation
{
    /// <summary>
    /// Every frame of the window has the kernel divided by the number of frames (Wang et al., arXiv 1711.07971, section 4.1): a clip that
    /// repeats a picture gives the picture's features, but where the window reaches over the clip's ends.
    /// </summary>
    Average,

    /// <summary>The middle frame has the kernel and the others are 0: every frame gives its own features at first.</summary>
    Centre,
}

/// <summary>Applies the rules of <see cref="WeightInflation"/> to published layouts.</summary>
internal static class WeightInflations
{
    /// <summary>Whether [output, input, rows, columns] becomes [output, input, frames, rows, columns] by a rule.</summary>
    public static bool Fits(Shape expected, StoredTensor tensor) =>
        expected.Rank == 5 && tensor.Shape.Count == 4 && tensor.Shape[0] == expected[0] && tensor.Shape[1] == expected[1]
        && tensor.Shape[2] == expected[3] && tensor.Shape[3] == expected[4];

    /// <summary>The kernel for clips, in published order.</summary>
    public static float[] Apply(this WeightInflation rule, ReadOnlySpan<float> kernel, Shape expected)
    {
        int frames = expected[2];
        int taps = expected[3] * expected[4];
        float[] inflated = new float[expected.Count];
        for (int pair = 0; pair < kernel.Length / taps; pair++)
        {
            for (int frame = 0; frame < frames; frame++)
            {
                float share = rule == WeightInflation.Average ? 1f / frames : frame == frames / 2 ? 1 : 0;
                for (int tap = 0; tap < taps; tap++)
                {
                    inflated[(((pair * frames) + frame) * taps) + tap] = share * kernel[(pair * taps) + tap];
                }
            }
        }

        return inflated;
    }
}
