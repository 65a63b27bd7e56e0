/** Said to who brought the packet in: they can neither look into it nor decide. */
export function Separated() {
  return (
    <p className="advice">
      <strong>You brought this in; somebody else releases it.</strong> Whoever brings a packet in can't look into it again, nor decide on it. A colleague who may release packets at
      its sites finds it under Packets.
    </p>
  );
}
