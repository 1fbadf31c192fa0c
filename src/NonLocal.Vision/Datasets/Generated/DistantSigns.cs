using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Datasets.Clips;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Generated;

/// <summary>
/// Clips in which a sign lights up for a moment and later, at the other end of the frame, a dot runs once around its belt: it leaves at one
/// end and comes back at the other. Four classes: where to it runs, and whether the sign said so (blue: to the right, orange: to the
/// left) or the opposite.
/// </summary>
/// <remarks>
/// The run alone leaves two of the four classes, equally likely, and so does the sign. So do the frames without their order, and with them
/// each single frame: a run ends where it began, so the clip with the run reversed, which is of another class, has the very same frames.
/// Whoever does not compare a short movement with something that was far away, some time before, is right about half of all clips at best.
/// </remarks>
public sealed class DistantSigns : ClipSet
{
    private static readonly ulong ScenePurpose = RandomStream.PurposeOf("distant signs");
    private static readonly ulong NoisePurpose = RandomStream.PurposeOf("distant signs: noise");

    private readonly ulong seed;
    private readonly DistantSignsOptions options;

    /// <summary>Describes a set; clips are drawn when they are opened, each by its number alone.</summary>
    /// <param name="count">Clips, at least 1; clip i is of class i modulo 4.</param>
    /// <param name="seed">Another seed gives other clips; use another for evaluation than for training.</param>
    /// <param name="options">Sizes and difficulty, or null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">Options that leave no room.</exception>
    public DistantSigns(int count, ulong seed, DistantSignsOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        this.options = options ?? new();
        this.options.Check();
        this.seed = seed;
        Count = count;
    }

    /// <inheritdoc/>
    public override string Kind => "generated distant signs";

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; } =
    [
        "left against the sign", "left with the sign", "right against the sign", "right with the sign",
    ];

    /// <inheritdoc/>
    public override int Label(int index) => index % 4;

    /// <inheritdoc/>
    public override string Source(int index) => $"distant signs, seed {seed}: clip {index}";

    /// <inheritdoc/>
    public override VideoSource Open(int index) => new MemoryVideo(Draw(index));

    /// <summary>What happens in a clip.</summary>
    /// <param name="index">The clip's number.</param>
    public SignScene Scene(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        RandomStream stream = new(seed, ScenePurpose, (uint)index);
        int place = 0;
        int Below(int count) => Math.Min(count - 1, (int)(stream.UniformAt(place++) * count));
        bool signIsLeft = Below(2) == 0;
        int margin = options.Margin;
        int room = (options.Width - (2 * margin) - options.Distance) / 2;
        int left = margin + Below(room + 1);
        int right = options.Width - margin - Below(room + 1);
        int rows = options.Height - (2 * DistantSignsOptions.VerticalMargin) + 1;
        int signY = DistantSignsOptions.VerticalMargin + Below(rows);
        int dotY = DistantSignsOptions.VerticalMargin + Below(rows);
        int spare = options.Frames - options.SignFrames - options.Pause - options.RunFrames;
        int signStart = Below(spare + 1);
        int runStart = signStart + options.SignFrames + options.Pause + Below(spare - signStart + 1);
        bool runsRight = Label(index) >= 2;
        return new(
            runsRight == (Label(index) % 2 == 1),
            (signIsLeft ? left : right, signY),
            signStart,
            (signIsLeft ? right : left, dotY),
            stream.UniformAt(place),
            runStart,
            runsRight);
    }

    /// <summary>Draws clip <paramref name="index"/>: RGB, 8 frames a second.</summary>
    /// <param name="index">The clip's number.</param>
    public VideoClip Draw(int index) => Draw(index, Scene(index));

    /// <summary>Draws a scene with the ground and the noise of a number.</summary>
    internal VideoClip Draw(int index, SignScene scene)
    {
        int frameSamples = options.Width * options.Height * 3;
        VideoClip clip = new(options.Width, options.Height, new byte[options.Frames * frameSamples], new FrameRate(8, 1));
        float[] ground = new float[frameSamples];
        float[] canvas = new float[frameSamples];
        float[] noise = new float[frameSamples];
        SignPainter painter = new(options);
        painter.Ground(ground, new(seed, ScenePurpose ^ NoisePurpose, (uint)index));
        for (int frame = 0; frame < options.Frames; frame++)
        {
            // Noise belongs to what the frame shows, so that a run and its reverse have the same frames.
            int step = Math.Clamp(frame - scene.RunStart, 0, options.RunFrames);
            bool isRunning = step > 0 && step < options.RunFrames;
            int shown = isRunning && !scene.RunsRight ? options.RunFrames - step : step;
            int noiseNumber = isRunning ? options.Frames + shown : frame;
            new RandomStream(seed, NoisePurpose + (ulong)noiseNumber, (uint)index).Normal(noise);

            ground.CopyTo(canvas, 0);
            if (frame >= scene.SignStart && frame < scene.SignStart + options.SignFrames)
            {
                painter.Sign(canvas, scene.Sign, scene.IsBlue);
            }

            painter.Dot(canvas, scene.Belt, scene.Place + ((float)(shown % options.RunFrames) / options.RunFrames));
            Span<byte> target = clip.Frame(frame);
            for (int i = 0; i < frameSamples; i++)
            {
                target[i] = (byte)Math.Clamp(MathF.Round(canvas[i] + (options.Noise * noise[i])), 0, 255);
            }
        }

        return clip;
    }
}

/// <summary>What happens in a clip of <see cref="DistantSigns"/>.</summary>
/// <param name="IsBlue">The sign says "to the right"; else it is orange and says "to the left".</param>
/// <param name="Sign">The pixel of the sign's centre.</param>
/// <param name="SignStart">The first frame in which it is lit.</param>
/// <param name="Belt">The pixel of the middle of the dot's belt.</param>
/// <param name="Place">Where the dot rests before and after, from 0, the left end of its belt, to 1, the right one.</param>
/// <param name="RunStart">The last frame in which it rests before it runs.</param>
/// <param name="RunsRight">Where to it runs; else to the left.</param>
public readonly record struct SignScene(
    bool IsBlue, (int X, int Y) Sign, int SignStart, (int X, int Y) Belt, float Place, int RunStart, bool RunsRight);
