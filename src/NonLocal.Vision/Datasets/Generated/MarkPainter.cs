using NonLocal.Tensors.Runtime;

namespace NonLocal.Vision.Datasets.Generated;

/// <summary>Paints background, marks and noise on a canvas [size, size, 3] of levels from 0 to 255.</summary>
internal readonly ref struct MarkPainter(Span<float> canvas, DistantMarksOptions options)
{
    private static readonly (float Red, float Green, float Blue)[] Colours =
    [
        (225, 60, 50), (60, 190, 70), (60, 100, 230), (230, 200, 50), (200, 70, 210), (60, 205, 215), (240, 140, 50), (235, 235, 235),
    ];

    private readonly Span<float> canvas = canvas;

    /// <summary>A grey ground with darker and brighter blots.</summary>
    public void Background(RandomStream stream)
    {
        const int numbers = 4;
        int size = options.Size;
        canvas.Fill(70 + (50 * stream.UniformAt(0)));
        for (int blot = 1; blot <= options.Clutter; blot++)
        {
            float level = (stream.UniformAt(blot * numbers) - 0.5f) * 90;
            float radius = 1 + (stream.UniformAt((blot * numbers) + 1) * size / 8);
            float middleX = stream.UniformAt((blot * numbers) + 2) * size;
            float middleY = stream.UniformAt((blot * numbers) + 3) * size;
            for (int i = 0; i < size * size; i++)
            {
                float x = (i % size) - middleX;
                float y = (i / size) - middleY;
                float add = (x * x) + (y * y) < radius * radius ? level : 0;
                canvas[3 * i] += add;
                canvas[(3 * i) + 1] += add;
                canvas[(3 * i) + 2] += add;
            }
        }
    }

    /// <summary>A mark in its colour and shape.</summary>
    public void Draw(Mark mark)
    {
        int reach = options.MarkSize / 2;
        (float red, float green, float blue) = Colours[mark.Kind];
        for (int y = -reach; y <= reach; y++)
        {
            for (int x = -reach; x <= reach; x++)
            {
                if (!options.Shapes || Covers(mark.Kind, x, y, reach))
                {
                    Span<float> pixel = canvas.Slice((((mark.Y + y) * options.Size) + mark.X + x) * 3, 3);
                    (pixel[0], pixel[1], pixel[2]) = (red, green, blue);
                }
            }
        }
    }

    /// <summary>Adds normal noise to every sample.</summary>
    public void Noise(RandomStream stream)
    {
        float[] noise = new float[canvas.Length];
        stream.Normal(noise);
        for (int i = 0; i < canvas.Length; i++)
        {
            canvas[i] += options.Noise * noise[i];
        }
    }

    private static bool Covers(int kind, int x, int y, int reach)
    {
        int farther = Math.Max(Math.Abs(x), Math.Abs(y));
        return kind switch
        {
            0 => Math.Abs(y) <= reach / 2,
            1 => Math.Abs(x) <= reach / 2,
            2 => x == 0 || y == 0,
            3 => Math.Abs(x) == Math.Abs(y),
            4 => farther == reach,
            5 => Math.Abs(x) + Math.Abs(y) <= reach,
            6 => x + y <= 0,
            _ => x >= y,
        };
    }
}
