using NonLocal.Tensors.Runtime;
using NonLocal.Vision.Datasets.Clips;
using NonLocal.Vision.Video;

namespace NonLocal.Vision.Datasets.Generated;

/// <summary>
/// Clips in which a ball rolls into a tunnel and, some time later, a ball rolls out at its other end, in another row and other light. Two
/// classes: it is another ball, of another colour, or the same.
/// </summary>
/// <remarks>
/// Either ball by itself has each colour equally often in both classes, and no frame shows both. Whoever does not compare what is seen at
/// one end with what was seen at the other end some time before is right about half of all clips; adding up the frames does not help,
/// since equality of two colours is no sum of something about the one and something about the other.
/// </remarks>
public sealed class TunnelBalls : ClipSet
{
    private static readonly ulong ScenePurpose = RandomStream.PurposeOf("tunnel");
    private static readonly ulong GroundPurpose = RandomStream.PurposeOf("tunnel: ground");
    private static readonly ulong NoisePurpose = RandomStream.PurposeOf("tunnel: noise");

    private readonly ulong seed;
    private readonly TunnelBallsOptions options;

    /// <summary>Describes a set; clips are drawn when they are opened, each by its number alone.</summary>
    /// <param name="count">Clips, at least 1; those with odd numbers show the same ball twice.</param>
    /// <param name="seed">Another seed gives other clips; use another for evaluation than for training.</param>
    /// <param name="options">Sizes and difficulty, or null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">Options that leave no room.</exception>
    public TunnelBalls(int count, ulong seed, TunnelBallsOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        this.options = options ?? new();
        this.options.Check();
        this.seed = seed;
        Count = count;
    }

    /// <inheritdoc/>
    public override string Kind => "generated balls and a tunnel";

    /// <inheritdoc/>
    public override int Count { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; } = ["another ball", "the same ball"];

    /// <inheritdoc/>
    public override int Label(int index) => index % 2;

    /// <inheritdoc/>
    public override string Source(int index) => $"tunnel, seed {seed}: clip {index}";

    /// <inheritdoc/>
    public override VideoSource Open(int index) => new MemoryVideo(Draw(index));

    /// <summary>What happens in a clip.</summary>
    /// <param name="index">The clip's number.</param>
    public TunnelScene Scene(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        RandomStream stream = new(seed, ScenePurpose, (uint)index);
        int place = 0;
        int Below(int count) => Math.Min(count - 1, (int)(stream.UniformAt(place++) * count));
        float Light() => 0.8f + (0.3f * stream.UniformAt(place++));
        int colours = TunnelPainter.Colours.Length;
        int spare = options.Frames - (2 * options.Seen) - options.Hidden;
        int rows = options.Height - (2 * options.Margin);
        bool fromLeft = Below(2) == 0;
        int enters = Below(spare + 1);
        int leaves = enters + options.Seen + options.Hidden + Below(spare - enters + 1);
        int colour = Below(colours);
        int other = (colour + 1 + Below(colours - 1)) % colours;
        return new(
            fromLeft,
            new(enters, options.Margin + Below(rows), colour, Light()),
            new(leaves, options.Margin + Below(rows), Label(index) == 1 ? colour : other, Light()));
    }

    /// <summary>Draws clip <paramref name="index"/>: RGB, 8 frames a second.</summary>
    /// <param name="index">The clip's number.</param>
    public VideoClip Draw(int index) => Draw(index, Scene(index));

    /// <summary>Draws a scene with the ground and the noise of a number.</summary>
    internal VideoClip Draw(int index, TunnelScene scene)
    {
        int frameSamples = options.Width * options.Height * 3;
        VideoClip clip = new(options.Width, options.Height, new byte[options.Frames * frameSamples], new FrameRate(8, 1));
        float[] ground = new float[frameSamples];
        float[] canvas = new float[frameSamples];
        float[] noise = new float[frameSamples];
        TunnelPainter painter = new(options);
        painter.Ground(ground, new(seed, GroundPurpose, (uint)index));
        for (int frame = 0; frame < options.Frames; frame++)
        {
            ground.CopyTo(canvas, 0);
            painter.Ball(canvas, scene.Enters, frame - scene.Enters.Start, scene.FromLeft);

            // Out of the tunnel is into it on the other side, backwards.
            painter.Ball(canvas, scene.Leaves, options.Seen - 1 - (frame - scene.Leaves.Start), !scene.FromLeft);
            painter.Tunnel(canvas);
            new RandomStream(seed, NoisePurpose + (ulong)frame, (uint)index).Normal(noise);
            Span<byte> target = clip.Frame(frame);
            for (int i = 0; i < frameSamples; i++)
            {
                target[i] = (byte)Math.Clamp(MathF.Round(canvas[i] + (options.Noise * noise[i])), 0, 255);
            }
        }

        return clip;
    }
}

/// <summary>What happens in a clip of <see cref="TunnelBalls"/>.</summary>
/// <param name="FromLeft">The ball rolls to the right: into the left end, out of the right one.</param>
/// <param name="Enters">How it rolls in.</param>
/// <param name="Leaves">How it, or another, rolls out.</param>
public readonly record struct TunnelScene(bool FromLeft, TunnelBall Enters, TunnelBall Leaves);

/// <summary>A ball at one end of the tunnel.</summary>
/// <param name="Start">The first frame in which it is seen.</param>
/// <param name="Row">The row of its centre, in pixels from the top.</param>
/// <param name="Colour">Which of the four colours.</param>
/// <param name="Light">What its colour is multiplied by, 0.8 to 1.1.</param>
public readonly record struct TunnelBall(int Start, int Row, int Colour, float Light);
