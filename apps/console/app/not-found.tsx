/** For every path that is no page. */
export default function NotFound() {
  return (
    <section className="blank">
      <h1 className="headline">No such page</h1>
      <p className="lead">
        The address leads nowhere here. <a href="/">See the state of the door</a>.
      </p>
    </section>
  );
}
