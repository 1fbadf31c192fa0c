using NonLocal.Formats;
using NonLocal.Tensors;
using NonLocal.Tensors.Runtime;
using NonLocal.Training;
using NonLocal.Vision.Pictures;

namespace NonLocal.Vision.Datasets;

/// <summary>A picture set as samples for training: RGB, augmented, normalised to [height, width, 3]; the target is the class.</summary>
public sealed class PictureSamples : ISampleSource
{
    private readonly PictureSet set;
    private readonly int[] usable;
    private readonly int width;
    private readonly int height;
    private readonly float[] mean;
    private readonly float[] deviation;
    private readonly Func<Picture, RandomStream, Picture>? augment;

    /// <summary>Describes the samples; pictures are decoded when they are asked for.</summary>
    /// <param name="set">The pictures; its <see cref="PictureSet.Problems"/> are left out, and the others keep their order.</param>
    /// <param name="width">The width of every picture; another one is an error that names it.</param>
    /// <param name="height">The height of every picture.</param>
    /// <param name="mean">Of red, green and blue, in 0 … 1; see <see cref="PictureTransform.Normalize(Picture, ReadOnlySpan{float},
    /// ReadOnlySpan{float})"/>.</param>
    /// <param name="deviation">Of red, green and blue, above 0.</param>
    /// <param name="augment">
    /// Changes an RGB picture, but not its size, by functions of <see cref="Augmentation"/>; null leaves it. Called by several threads.
    /// </param>
    /// <exception cref="ArgumentException">Not three means and three deviations, or no usable picture.</exception>
    public PictureSamples(
        PictureSet set,
        int width,
        int height,
        ReadOnlySpan<float> mean,
        ReadOnlySpan<float> deviation,
        Func<Picture, RandomStream, Picture>? augment = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (mean.Length != 3 || deviation.Length != 3)
        {
            throw new ArgumentException($"got {mean.Length} means and {deviation.Length} deviations, expected 3 and 3", nameof(mean));
        }

        HashSet<int> bad = [.. set.Problems.Select(problem => problem.Index)];
        usable = [.. Enumerable.Range(0, set.Count).Where(index => !bad.Contains(index))];
        if (usable.Length == 0)
        {
            throw new ArgumentException($"none of the {set.Count} pictures can be used; the first: {set.Problems[0].Problem}", nameof(set));
        }

        this.set = set;
        this.width = width;
        this.height = height;
        this.mean = mean.ToArray();
        this.deviation = deviation.ToArray();
        this.augment = augment;
        InputShape = new Shape(height, width, 3);
    }

    /// <inheritdoc/>
    public int Count => usable.Length;

    /// <inheritdoc/>
    public Shape InputShape { get; }

    /// <inheritdoc/>
    public Shape TargetShape => Shape.Scalar;

    /// <inheritdoc/>
    /// <exception cref="FileFormatException">The picture is corrupt or has another size; the message starts with its source.</exception>
    public void Fill(int index, RandomStream random, Span<float> input, Span<float> target)
    {
        int number = usable[index];
        Picture picture = PictureTransform.ToRgb(set.Read(number, width, height));
        picture = augment?.Invoke(picture, random) ?? picture;
        PictureTransform.Normalize(picture.Bytes, mean, deviation, input);
        target[0] = set.Label(number);
    }
}
