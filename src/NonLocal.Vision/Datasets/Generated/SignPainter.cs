using NonLocal.Tensors.Runtime;

namespace NonLocal.Vision.Datasets.Generated;

/// <summary>Paints the frames of <see cref="DistantSigns"/> on canvases [height, width, 3] of levels from 0 to 255.</summary>
internal sealed class SignPainter(DistantSignsOptions options)
{
    private const float DotRadius = 2.5f;
    private const float SignReach = 4.5f;

    private static readonly (float Red, float Green, float Blue) DotColour = (240, 240, 235);
    private static readonly (float Red, float Green, float Blue) BlueSign = (50, 90, 235);
    private static readonly (float Red, float Green, float Blue) OrangeSign = (240, 140, 40);

    /// <summary>A grey ground with darker and brighter blots.</summary>
    public void Ground(Span<float> canvas, RandomStream stream)
    {
        const int numbers = 4;
        canvas.Fill(70 + (50 * stream.UniformAt(0)));
        for (int blot = 1; blot <= options.Clutter; blot++)
        {
            float level = (stream.UniformAt(blot * numbers) - 0.5f) * 80;
            float radius = 1.5f + (stream.UniformAt((blot * numbers) + 1) * options.Height / 5);
            float middleX = stream.UniformAt((blot * numbers) + 2) * options.Width;
            float middleY = stream.UniformAt((blot * numbers) + 3) * options.Height;
            for (int i = 0; i < canvas.Length; i++)
            {
                float x = (i / 3 % options.Width) - middleX;
                float y = (i / 3 / options.Width) - middleY;
                canvas[i] += (x * x) + (y * y) < radius * radius ? level : 0;
            }
        }
    }

    /// <summary>The sign: a square that stands on its tip.</summary>
    public void Sign(Span<float> canvas, (int X, int Y) centre, bool isBlue) => Paint(
        canvas,
        isBlue ? BlueSign : OrangeSign,
        (x, y) => SignReach - Math.Abs(x - centre.X) - Math.Abs(y - centre.Y));

    /// <summary>The dot on its belt.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="belt">The middle of the belt.</param>
    /// <param name="place">From the left end, in lengths of the belt; whole ones do not count.</param>
    public void Dot(Span<float> canvas, (int X, int Y) belt, float place)
    {
        float middleX = belt.X + (options.BeltLength * (place - MathF.Floor(place) - 0.5f));
        Paint(
            canvas,
            DotColour,
            (x, y) => DotRadius - MathF.Sqrt(((x - middleX) * (x - middleX)) + ((y - belt.Y) * (y - belt.Y))));
    }

    // Covers a pixel as far as it lies inside, up to half a pixel on both sides of the border.
    private void Paint(
        Span<float> canvas, (float Red, float Green, float Blue) colour, Func<int, int, float> inside)
    {
        for (int y = 0; y < options.Height; y++)
        {
            for (int x = 0; x < options.Width; x++)
            {
                float share = Math.Clamp(inside(x, y) + 0.5f, 0, 1);
                Span<float> pixel = canvas.Slice(((y * options.Width) + x) * 3, 3);
                pixel[0] += share * (colour.Red - pixel[0]);
                pixel[1] += share * (colour.Green - pixel[1]);
                pixel[2] += share * (colour.Blue - pixel[2]);
            }
        }
    }
}
