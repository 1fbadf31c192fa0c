using NonLocal.Tensors.Runtime;

namespace NonLocal.Vision.Datasets.Generated;

/// <summary>Paints the frames of <see cref="TunnelBalls"/> on canvases [height, width, 3] of levels from 0 to 255.</summary>
internal sealed class TunnelPainter(TunnelBallsOptions options)
{
    private static readonly (float Red, float Green, float Blue) Wall = (48, 44, 42);

    /// <summary>The colours of balls: blue, red, green, yellow.</summary>
    public static readonly (float Red, float Green, float Blue)[] Colours = [(60, 90, 230), (215, 50, 50), (50, 185, 80), (225, 205, 60)];

    private int Left => (options.Width - options.Tunnel) / 2;

    /// <summary>A grey ground with darker and brighter blots.</summary>
    public void Ground(Span<float> canvas, RandomStream stream)
    {
        const int numbers = 4;
        canvas.Fill(90 + (50 * stream.UniformAt(0)));
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

    /// <summary>A ball on its way into the tunnel; nothing before the first step and after the last.</summary>
    /// <param name="canvas">Where to.</param>
    /// <param name="ball">Which.</param>
    /// <param name="step">From 0, at the border, to the last, half inside.</param>
    /// <param name="atLeft">At which end.</param>
    public void Ball(Span<float> canvas, TunnelBall ball, int step, bool atLeft)
    {
        if (step < 0 || step >= options.Seen)
        {
            return;
        }

        float way = options.Radius + ((Left - options.Radius) * (step / (options.Seen - 1f)));
        float middleX = atLeft ? way : options.Width - 1 - way;
        (float red, float green, float blue) = Colours[ball.Colour];
        Paint(
            canvas,
            (red * ball.Light, green * ball.Light, blue * ball.Light),
            (x, y) => options.Radius - MathF.Sqrt(((x - middleX) * (x - middleX)) + ((y - ball.Row) * (y - ball.Row))));
    }

    /// <summary>The tunnel, in front of everything.</summary>
    public void Tunnel(Span<float> canvas) => Paint(
        canvas, Wall, (x, _) => x >= Left && x < Left + options.Tunnel ? 1 : -1);

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
