using NonLocal.Analysis;
using NonLocal.Cli.Rendering;
using NonLocal.Vision.Drawing;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Explanation;

/// <summary>Where a network sees evidence for a class: the picture, and its Grad-CAM over the picture in grey.</summary>
internal static class ClassSheet
{
    private const float Opacity = 0.75f;
    private const byte MeanGround = 110;

    /// <summary>Draws it.</summary>
    /// <param name="subject">The picture.</param>
    /// <param name="answer">What the network says about it.</param>
    /// <param name="label">The class's name.</param>
    /// <param name="evidence">What was found.</param>
    public static Picture Draw(Subject subject, string answer, string label, ClassEvidence evidence)
    {
        SheetFrame frame = new(subject.Frames);
        GridSize grid = Subject.Grid(evidence.Grid);
        float full = evidence.Weights.Max();
        frame.Line(answer);
        frame.Line($"evidence for {label}, logit {Figures.Short(evidence.Logits[evidence.Class])} (Grad-CAM of {evidence.Layer})");
        int pictures = subject.Frames.Count;
        frame.Panels(
            2 * pictures,
            (i, area) =>
            {
                if (i < pictures)
                {
                    frame.DrawPicture(i, area);
                    return;
                }

                frame.DrawGround(i - pictures, area);
                int at = (int)(((2L * (i - pictures)) + 1) * grid.Frames / (2L * pictures));
                ReadOnlySpan<float> weights = evidence.Weights.AsSpan(at * grid.FrameCount, grid.FrameCount);
                HeatMap.DrawCells(frame.Canvas, area, weights, grid.Rows, (0, full > 0 ? full : 1), Opacity);
            },
            i => pictures > 1 ? [$"frame {i % pictures}"] : []);
        frame.Scale(MeanGround, Opacity, (0, 1), null);
        frame.Line(full > 0
            ? $"0 to {Figures.Short(full)}, grey: none, or evidence against"
            : "nothing on this map speaks for the class");
        return frame.Finish();
    }
}
