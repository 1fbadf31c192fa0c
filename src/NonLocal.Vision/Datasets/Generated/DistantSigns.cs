using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Datasets.Clips;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Generated;

/// <summary>
/// Clips in which a sign lights up for a moment and later, at the other end of the frame, a dot turns once around its circle: class "obeys"
/// if it turns as the sign says (blue: clockwise, orange: counterclockwise), "defies" if it turns the other way.
/// </summary>
/// <remarks>
/// Neither sign nor turn says anything alone: each comes in both kinds equally often in both classes, drawn before the class. Nor do the
/// frames without their order: a turn ends where it began, so the clip of the other class with the same numbers drawn has the very same
/// frames, those of the turn in reversed order. What tells the class is a short movement compared with something that was far away, some
/// time before.
/// </remarks>
public sealed class DistantSigns : ClipSet
{
    private static readonly ulong ScenePurpose = RandomStream.PurposeOf("distant signs");
    private static readonly ulong NoisePurpose = RandomStream.PurposeOf("distant signs: noise");

    private readonly ulong seed;
    private readonly DistantSignsOptions options;

    /// <summary>Describes a set; clips are drawn when they are opened, each by its number alone.</summary>
    /// <param name="count">Clips, at least 1; even numbers are of class "defies", odd ones of class "obeys".</param>
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
    public override IReadOnlyList<string> ClassNames { get; } = ["defies", "obeys"];

    /// <inheritdoc/>
    public override int Label(int index) => index % 2;

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
        return Scene(index, Label(index) == 1);
    }

    /// <summary>Draws clip <paramref name="index"/>: RGB, 8 frames a second.</summary>
    /// <param name="index">The clip's number.</param>
    public VideoClip Draw(int index) => Draw(index, Scene(index));

    /// <summary>The scene of a number as it would be in a given class; all else is the same.</summary>
    internal SignScene Scene(int index, bool obeys)
    {
        RandomStream stream = new(seed, ScenePurpose, (uint)index);
        int place = 0;
        int Below(int count) => Math.Min(count - 1, (int)(stream.UniformAt(place++) * count));
        bool clockwise = Below(2) == 0;
        bool signIsLeft = Below(2) == 0;
        int margin = options.Margin;
        int room = (options.Width - (2 * margin) - options.Distance) / 2;
        int left = margin + Below(room + 1);
        int right = options.Width - margin - Below(room + 1);
        int signY = margin + Below(options.Height - (2 * margin) + 1);
        int turnY = margin + Below(options.Height - (2 * margin) + 1);
        int spare = options.Frames - options.SignFrames - options.Pause - options.TurnFrames;
        int signStart = Below(spare + 1);
        int turnStart = signStart + options.SignFrames + options.Pause + Below(spare - signStart + 1);
        return new(
            clockwise,
            (signIsLeft ? left : right, signY),
            signStart,
            (signIsLeft ? right : left, turnY),
            stream.UniformAt(place) * 2 * MathF.PI,
            turnStart,
            clockwise == obeys);
    }

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
            // Noise belongs to what the frame shows, so that a turn and its reverse have the same frames.
            int step = Math.Clamp(frame - scene.TurnStart, 0, options.TurnFrames);
            bool isTurning = step > 0 && step < options.TurnFrames;
            int shown = isTurning && !scene.TurnsClockwise ? options.TurnFrames - step : step;
            int noiseNumber = isTurning ? options.Frames + shown : frame;
            new RandomStream(seed, NoisePurpose + (ulong)noiseNumber, (uint)index).Normal(noise);

            ground.CopyTo(canvas, 0);
            if (frame >= scene.SignStart && frame < scene.SignStart + options.SignFrames)
            {
                painter.Sign(canvas, scene.Sign, scene.SaysClockwise);
            }

            painter.Dot(canvas, scene.Turn, scene.Angle + (2 * MathF.PI * (shown % options.TurnFrames) / options.TurnFrames));
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
/// <param name="SaysClockwise">What the sign says; clockwise as people see it, with rows from top to bottom.</param>
/// <param name="Sign">The pixel of the sign's centre.</param>
/// <param name="SignStart">The first frame in which it is lit.</param>
/// <param name="Turn">The pixel of the centre that the dot turns around.</param>
/// <param name="Angle">Where the dot rests before and after, in radians clockwise from the right.</param>
/// <param name="TurnStart">The last frame in which it rests before it turns.</param>
/// <param name="TurnsClockwise">How it turns.</param>
public readonly record struct SignScene(
    bool SaysClockwise, (int X, int Y) Sign, int SignStart, (int X, int Y) Turn, float Angle, int TurnStart, bool TurnsClockwise);
