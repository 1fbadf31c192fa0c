using NonLocal.Cli.Recipes;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Vision.Datasets.Clips;
using NonLocal.Vision.Drawing;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Cli.Explanation;

/// <summary>What is explained: a picture, or the frames of a clip, as a network sees it, and where its pixels went.</summary>
internal sealed class Subject
{
    private readonly (int Width, int Height) original;
    private readonly Func<QueryPoint, (double X, double Y)> place;

    private Subject(
        string name,
        IReadOnlyList<Picture> frames,
        Tensor input,
        (int Width, int Height) original,
        Func<QueryPoint, (double X, double Y)> place)
    {
        Name = name;
        Frames = frames;
        Input = input;
        this.original = original;
        this.place = place;
    }

    /// <summary>The file.</summary>
    public string Name { get; }

    /// <summary>The picture, or the frames, of the network's size.</summary>
    public IReadOnlyList<Picture> Frames { get; }

    /// <summary>The network's input, a batch of one.</summary>
    public Tensor Input { get; }

    /// <summary>A picture, or for a network of clips the clip in the middle of a video.</summary>
    /// <exception cref="UsageException">There are several clips.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Subject Of(string path, ModelInfo info) => info.Clip is null ? OfPicture(path, info) : OfClip(path, info);

    private static Subject OfPicture(string path, ModelInfo info)
    {
        Picture picture = PictureFile.Read(path);
        PictureFit fit = new(info.Width, info.Height, info.ShorterSide);
        (Tensor input, Picture seen) = PictureArguments.Prepare(picture, info);
        (int width, int height) = (picture.Width, picture.Height);
        return new(path, [seen], input, (width, height), point => fit.Place(width, height, point.X, point.Y));
    }

    private static Subject OfClip(string path, ModelInfo info)
    {
        ClipSet set = ClipData.Recognizes(path) ? ClipData.Open(path, new()) : new SingleVideo(path);
        if (set.Count > 1)
        {
            throw new UsageException($"{path} holds {set.Count} clips; one can be explained at a time.");
        }

        ClipInput reads = ClipData.Input(info, path);
        ClipViews views = new(set, reads, 1, 1);
        Tensor input = new(info.InputShape(1));
        views.Fill(0, default, input.Span, stackalloc float[1]);
        VideoClip clip = views.Show(0)[0].Clip;
        using VideoSource video = set.Open(0);
        (int width, int height) = (video.Width, video.Height);
        return new(
            path,
            [.. Enumerable.Range(0, clip.Count).Select(clip.ToPicture)],
            input,
            (width, height),
            point => reads.Place(width, height, point.X, point.Y));
    }

    /// <summary>The points that are looked at when none is named: four, in the middles of the quarters.</summary>
    public IReadOnlyList<QueryPoint> QuarterPoints()
    {
        (int width, int height) = original;
        (int left, int right, int upper, int lower) = (width / 4, 3 * width / 4, height / 4, 3 * height / 4);
        int frame = Frames.Count / 2;
        return [new(left, upper, frame), new(right, upper, frame), new(left, lower, frame), new(right, lower, frame)];
    }

    /// <summary>The position of a map in which a point lies.</summary>
    /// <exception cref="UsageException">The picture has no such point, or the network does not see it.</exception>
    public int PositionOf(QueryPoint point, GridSize map)
    {
        (int width, int height) = original;
        if (point.X >= width || point.Y >= height || point.Frame >= Frames.Count)
        {
            string frames = Frames.Count > 1 ? $" and {Frames.Count} frames" : "";
            throw new UsageException($"--at {Text(point)} lies outside of {Name}, which has {width} x {height} pixels{frames}.");
        }

        (double x, double y) = place(point);
        (int seenWidth, int seenHeight) = (Frames[0].Width, Frames[0].Height);
        if (x < 0 || y < 0 || x >= seenWidth || y >= seenHeight)
        {
            throw new UsageException($"--at {Text(point)} lies outside of the middle part that the network sees of {Name}.");
        }

        return map.At(
            (int)((point.Frame + 0.5) * map.Frames / Frames.Count),
            (int)(y * map.Rows / seenHeight),
            (int)(x * map.Columns / seenWidth));
    }

    /// <summary>A point as it is typed.</summary>
    public string Text(QueryPoint point) => Frames.Count > 1 ? $"{point.X},{point.Y},{point.Frame}" : $"{point.X},{point.Y}";

    /// <summary>Spatial axes as a grid over the frames; a map of a single row or of none counts as one.</summary>
    public static GridSize Grid(Shape lengths) => lengths.Rank switch
    {
        1 => new(1, 1, lengths[0]),
        2 => new(1, lengths[0], lengths[1]),
        _ => new(lengths[0], lengths[1], lengths[2]),
    };
}
