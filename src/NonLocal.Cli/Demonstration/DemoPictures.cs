using NonLocal.Models;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Datasets.Generated;

namespace NonLocal.Cli.Demonstration;

/// <summary>The pictures of a demo, rendered once into memory: the first ones to learn from, the rest held out.</summary>
internal sealed class DemoPictures
{
    private readonly DemoTask task;
    private readonly DistantMarks marks;

    /// <summary>Renders them.</summary>
    /// <param name="task">What they show.</param>
    /// <param name="threads">How many threads render; each picture depends on its number alone.</param>
    public DemoPictures(DemoTask task, int threads)
    {
        this.task = task;
        marks = new DistantMarks(task.Pictures + task.HeldOut, task.Seed, DemoTask.Marks);
        byte[][] pictures = new byte[marks.Count][];
        Parallel.For(
            0, marks.Count, new ParallelOptions { MaxDegreeOfParallelism = threads }, i => pictures[i] = marks.Read(i).Bytes);
        Training = Part(pictures, 0, task.Pictures);
        HeldOut = Part(pictures, task.Pictures, task.HeldOut);
    }

    /// <summary>What the networks learn from.</summary>
    public PictureSet Training { get; }

    /// <summary>What they are evaluated on.</summary>
    public PictureSet HeldOut { get; }

    /// <summary>The marks of a held-out picture.</summary>
    public (Mark First, Mark Second) MarksOf(int heldOut) => marks.Marks(task.Pictures + heldOut);

    /// <summary>A set as a network reads it.</summary>
    public static PictureSamples Samples(PictureSet set, ModelInfo info) =>
        new(set, info.Width, info.Height, [.. info.Mean], [.. info.Deviation]);

    private DecodedPictures Part(byte[][] pictures, int first, int count)
    {
        int side = DemoTask.Marks.Size;
        int[] labels = [.. Enumerable.Range(first, count).Select(marks.Label)];
        return new DecodedPictures(side, side, 3, pictures[first..(first + count)], labels, marks.ClassNames, i => marks.Source(first + i));
    }
}
