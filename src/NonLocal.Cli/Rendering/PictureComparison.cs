using NonLocal.Tensors;
using NonLocal.Vision.Denoising;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Rendering;

/// <summary>How close pictures are to clean ones of the same size: one picture, or the frames of a video. Alpha does not count.</summary>
internal sealed class PictureComparison
{
    private const double Peak = 255;
    private int count;
    private double squares;
    private double? similarities = 0;

    /// <summary>Adds one.</summary>
    public void Add(Picture picture, Picture clean)
    {
        Tensor samples = Colours(picture);
        Tensor expected = Colours(clean);
        count++;
        squares += Math.Pow(10, -0.1 * PictureQuality.PeakSignalToNoise(samples, expected, Peak));
        similarities += PictureQuality.StructuralSimilarity(samples, expected, Peak);
    }

    /// <summary>Of all that were added; null where there was none.</summary>
    public Similarity? Result() =>
        count == 0 ? null : new(squares > 0 ? -10 * Math.Log10(squares / count) : null, similarities / count);

    // Without alpha.
    private static Tensor Colours(Picture picture)
    {
        int channels = picture.Channels < 3 ? 1 : 3;
        Tensor samples = new([picture.Height, picture.Width, channels]);
        Span<float> target = samples.Span;
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = picture.Bytes[(i / channels * picture.Channels) + (i % channels)];
        }

        return samples;
    }
}
