using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Vision.Drawing;
using NonLocal.Vision.Pictures;
using NonLocal.Vision.Video;

namespace NonLocal.Cli.Explanation;

/// <summary>What is explained: a picture, or the frames of a clip, as a network sees it, and where its pixels went.</summary>
internal sealed class Subject
{
    private readonly PictureFit fit;
    private readonly int width;
    private readonly int height;

    private Subject(string name, IReadOnlyList<Picture> originals, ModelInfo info)
    {
        Name = name;
        fit = new PictureFit(info.Width, info.Height, info.ShorterSide);
        (width, height) = (originals[0].Width, originals[0].Height);
        Frames = [.. originals.Select(fit.Apply)];
        float[] numbers = [.. Frames.SelectMany(frame => PictureTransform.Normalize(frame, [.. info.Mean], [.. info.Deviation]))];
        Input = Tensor.From(info.InputShape(1), numbers);
    }

    /// <summary>The file.</summary>
    public string Name { get; }

    /// <summary>The picture, or the frames, of the network's size.</summary>
    public IReadOnlyList<Picture> Frames { get; }

    /// <summary>The network's input, a batch of one.</summary>
    public Tensor Input { get; }

    /// <summary>A picture, or for a network of clips the clip in the middle of a video.</summary>
    /// <exception cref="UsageException">The network reads something else than colours.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Subject Of(string path, ModelInfo info)
    {
        if (info.Channels != 3)
        {
            throw new UsageException($"{info.Name} reads {info.Channels} channels; pictures of 3 can be explained.");
        }

        if (info.Clip is not { } clip)
        {
            return new(path, [PictureFile.Read(path)], info);
        }

        using VideoSource video = VideoFile.Open(path);
        int start = FrameSampling.EvenStarts(video.Count, 1, clip.Frames, clip.Stride)[0];
        VideoClip frames = video.Read(FrameSampling.Clip(video.Count, start, clip.Frames, clip.Stride));
        return new(path, [.. Enumerable.Range(0, frames.Count).Select(frames.ToPicture)], info);
    }

    /// <summary>The points that are looked at when none is named: four, in the middles of the quarters.</summary>
    public IReadOnlyList<QueryPoint> QuarterPoints()
    {
        (int left, int right, int upper, int lower) = (width / 4, 3 * width / 4, height / 4, 3 * height / 4);
        int frame = Frames.Count / 2;
        return [new(left, upper, frame), new(right, upper, frame), new(left, lower, frame), new(right, lower, frame)];
    }

    /// <summary>The position of a map in which a point lies.</summary>
    /// <exception cref="UsageException">The picture has no such point, or the network does not see it.</exception>
    public int PositionOf(QueryPoint point, GridSize map)
    {
        if (point.X >= width || point.Y >= height || point.Frame >= Frames.Count)
        {
            string frames = Frames.Count > 1 ? $" and {Frames.Count} frames" : "";
            throw new UsageException($"--at {Text(point)} lies outside of {Name}, which has {width} x {height} pixels{frames}.");
        }

        (double x, double y) = fit.Place(width, height, point.X, point.Y);
        if (x < 0 || y < 0 || x >= fit.Width || y >= fit.Height)
        {
            throw new UsageException($"--at {Text(point)} lies outside of the middle part that the network sees of {Name}.");
        }

        return map.At(
            (int)((point.Frame + 0.5) * map.Frames / Frames.Count),
            (int)(y * map.Rows / fit.Height),
            (int)(x * map.Columns / fit.Width));
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
